import type { ChunkRecord } from '@lifeboat/catalog';
import { invariant, LifeboatError, toLifeboatError, type ClusterId, type NodeId } from '@lifeboat/kernel';
import { encodeKeyFrame, keyIdOf, type FrameContext, type PackTableRow } from '@lifeboat/vault-format';
import { CHUNK_TYPE_NUMBER } from '../pack/chunk-type-number.ts';
import { closePack } from '../pack/close-pack.ts';
import { keyRow, OpenPack } from '../pack/open-pack.ts';
import { frameContext } from '../pack/open-packs.ts';
import type { VaultParts } from '../parts.ts';
import { assertOwner } from '../records/owner.ts';
import { checkArrivedFrames, type ArrivedFrames } from './arrived-frames.ts';
import { CommitPace } from './commit-pace.ts';

/** A pack is closed when it has reached this; one group commit more is the most it may exceed it by. */
export const PACK_TARGET_BYTES = 32 * 1024 * 1024;
const COMMIT_BYTES = 16 * 1024 * 1024;
/** Well below IOV_MAX (1024) with a key frame per message. */
const COMMIT_MESSAGES = 256;

/** Bytes in, for one cluster: what several uploads append to. */
export interface Ingest {
  /** Bitmap, least significant bit first: set = durable here and good for this node (`null` = the server itself). */
  have(node: NodeId | null, ids: Buffer): Promise<Uint8Array>;
  /**
   * Whole frames sealed with some of `keys` (the wrapped keys of this connection). Resolves when they are on stable
   * storage and in the catalog. PROTOCOL_BREACH for bytes that do not belong here; VAULT_FULL.
   */
  append(node: NodeId | null, keys: readonly Uint8Array[], frames: Buffer): Promise<void>;
}

interface Waiting {
  readonly node: NodeId | null;
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly arrived: ArrivedFrames;
  readonly resolve: () => void;
  readonly reject: (error: LifeboatError) => void;
}

/**
 * The one writer of a cluster's open pack. What arrives while a commit is under way is gathered into the next:
 * written, synced once, recorded in one batch, then acknowledged together. After a failed write it refuses
 * everything: the vault opens a new one, which recovers the pack from disk.
 */
export class PackIngest implements Ingest {
  readonly #parts: VaultParts;
  readonly #cluster: ClusterId;
  readonly #context: FrameContext;
  readonly #pace: CommitPace;
  readonly #keyMaps = new WeakMap<readonly Uint8Array[], ReadonlyMap<string, Uint8Array>>();
  #pack: OpenPack | undefined;
  #queue: Waiting[] = [];
  #committing: Promise<void> | undefined;
  /** The latest batch's catalog rows: inserted while the next batch is written. */
  #recording: Promise<void> = Promise.resolve();
  #closing: Promise<void> = Promise.resolve();
  #failure: LifeboatError | undefined;

  /** `recovered`: the cluster's open packs found on disk. One that has room goes on, the others are closed. */
  constructor(parts: VaultParts, cluster: ClusterId, recovered: readonly OpenPack[]) {
    this.#parts = parts;
    this.#cluster = cluster;
    this.#context = frameContext(parts.id, cluster);
    this.#pace = new CommitPace(parts.clock);
    const goesOn = recovered.find((pack) => pack.size < PACK_TARGET_BYTES);
    for (const pack of recovered) if (pack !== goesOn && !pack.isEmpty) this.#startClosing(pack);
    this.#pack = goesOn;
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  async have(node: NodeId | null, ids: Buffer): Promise<Uint8Array> {
    return this.#parts.catalog.chunks.have(this.#cluster, node, ids);
  }

  append(node: NodeId | null, keys: readonly Uint8Array[], frames: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure;
      this.#parts.proofGate.ingested();
      const keyMap = this.#keyMap(keys);
      const arrived = checkArrivedFrames(frames, this.#context, keyMap);
      this.#queue.push({ node, keys: keyMap, arrived, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  /** Waits for what is under way, then closes the open pack: everything acknowledged lies in the store. */
  async closeOpenPack(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing;
    if (this.#pack !== undefined && !this.#pack.isEmpty) this.#closeCurrent(this.#pack);
    await this.#closing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits for what is under way and lets go of the file; the pack is recovered by the next one who opens it. */
  async stop(): Promise<void> {
    this.#failure ??= new LifeboatError('CANCELLED', 'the vault is closing');
    while (this.#committing !== undefined) await this.#committing;
    await this.#recording;
    await this.#closing;
    if (this.#pack === undefined) return;
    this.#parts.openPacks.letGo(this.#pack);
    await this.#pack.abandon();
  }

  /** Never rejects: a failure is given to everyone who waits, and kept. */
  async #commitAll(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#pace.begin(this.#queue.reduce((sum, { arrived }) => sum + arrived.bytes.length, 0));
      await this.#commit(this.#nextBatch());
    }
    this.#committing = undefined;
  }

  #nextBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const each of this.#queue) {
      if (count > 0 && (bytes + each.arrived.bytes.length > COMMIT_BYTES || count === COMMIT_MESSAGES)) break;
      bytes += each.arrived.bytes.length;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    if (this.#failure !== undefined) return rejectAll(batch, this.#failure);
    try {
      const pack = await this.#openPack();
      const placed = place(pack, this.#context, batch);
      await pack.append(placed.buffers, placed.rows);
      // Known to the pack only now: a failed write must not leave a key behind that is not there.
      for (const [id, wrapped] of placed.newKeys) pack.wrappedKeys.set(id, wrapped);
      await this.#recording;
      this.#recording = this.#record(pack, batch, placed);
      if (pack.size >= PACK_TARGET_BYTES) this.#closeCurrent(pack);
    } catch (thrown) {
      rejectAll(batch, this.#fail(thrown));
    }
  }

  async #record(pack: OpenPack, batch: readonly Waiting[], placed: Placed): Promise<void> {
    try {
      for (const [node, records] of placed.recordsByNode) {
        await this.#parts.catalog.chunks.insert(this.#cluster, node, records);
      }
      this.#parts.proofGate.ingested();
      for (const each of batch) each.resolve();
    } catch (thrown) {
      rejectAll(batch, this.#fail(thrown));
      this.#parts.log.error({ pack: pack.file, err: thrown }, 'rows of durable frames could not be recorded');
    }
  }

  async #openPack(): Promise<OpenPack> {
    if (this.#pack !== undefined) return this.#pack;
    const { catalog, openPacks, store, instance } = this.#parts;
    // It will lie on this server's disk, where another that has taken the vault over could not read it.
    await assertOwner(store, instance);
    const file = openPacks.newFile(this.#cluster);
    const id = await catalog.packs.open({ cluster: this.#cluster, file });
    const place = { cluster: this.#cluster, directory: openPacks.directory, file, id };
    const pack = await OpenPack.create(place, this.#context);
    openPacks.hold(pack);
    this.#pack = pack;
    return pack;
  }

  #closeCurrent(pack: OpenPack): void {
    this.#pack = undefined;
    this.#startClosing(pack);
  }

  /** Closing goes on beside the next pack's first commits, one pack at a time. */
  #startClosing(pack: OpenPack): void {
    const [earlier, recorded] = [this.#closing, this.#recording];
    this.#closing = (async () => {
      await earlier;
      await recorded;
      try {
        if (this.#failure !== undefined) return await this.#giveUp(pack);
        await closePack(this.#parts, pack);
      } catch (thrown) {
        this.#fail(thrown);
        await this.#giveUp(pack);
      }
    })();
  }

  async #giveUp(pack: OpenPack): Promise<void> {
    this.#parts.openPacks.letGo(pack);
    await pack.abandon();
  }

  #fail(thrown: unknown): LifeboatError {
    this.#failure ??= toLifeboatError(thrown);
    const failure = this.#failure;
    rejectAll(this.#queue.splice(0), failure);
    this.#parts.log.error(
      { cluster: this.#cluster, err: thrown },
      'ingest failed; the open pack will be recovered',
    );
    return failure;
  }

  /** One upload passes the same array every time. */
  #keyMap(keys: readonly Uint8Array[]): ReadonlyMap<string, Uint8Array> {
    const known = this.#keyMaps.get(keys);
    if (known !== undefined) return known;
    const map = new Map(keys.map((wrapped) => [keyIdOf(wrapped).toString('hex'), wrapped]));
    this.#keyMaps.set(keys, map);
    return map;
  }
}

interface Placed {
  readonly buffers: readonly Buffer[];
  readonly rows: readonly PackTableRow[];
  readonly newKeys: ReadonlyMap<string, Buffer>;
  readonly recordsByNode: ReadonlyMap<NodeId | null, ChunkRecord[]>;
}

/** Where each frame will lie: a message's keys that are new to the pack come right before its frames. */
function place(pack: OpenPack, context: FrameContext, batch: readonly Waiting[]): Placed {
  const buffers: Buffer[] = [];
  const rows: PackTableRow[] = [];
  const newKeys = new Map<string, Buffer>();
  const recordsByNode = new Map<NodeId | null, ChunkRecord[]>();
  let offset = pack.size;
  for (const { node, keys, arrived } of batch) {
    for (const keyId of arrived.keyIds) {
      if (pack.wrappedKeys.has(keyId) || newKeys.has(keyId)) continue;
      const wrapped = keys.get(keyId);
      invariant(wrapped !== undefined, 'arrived frames use only announced keys');
      const frame = encodeKeyFrame(context, wrapped);
      buffers.push(frame);
      rows.push(keyRow(keyId, offset, wrapped));
      newKeys.set(keyId, Buffer.from(wrapped));
      offset += frame.length;
    }
    const records = recordsByNode.get(node) ?? [];
    recordsByNode.set(node, records);
    for (const { type, id, start, length, rawLength } of arrived.frames) {
      rows.push({ kind: 'chunk', type, id, offset: offset + start, length, rawLength });
      records.push({
        id,
        type: CHUNK_TYPE_NUMBER[type],
        pack: pack.id,
        offset: offset + start,
        length,
        rawLength,
      });
    }
    buffers.push(arrived.bytes);
    offset += arrived.bytes.length;
  }
  return { buffers, rows, newKeys, recordsByNode };
}

function rejectAll(waiting: readonly Waiting[], error: LifeboatError): void {
  for (const each of waiting) each.reject(error);
}
