import { EventEmitter } from 'node:events';
import { CHUNK_ID_LENGTH, uuidToBytes, type ClusterId } from '@lifeboat/kernel';
import { KeyRing, unwrapSessionKey } from '@lifeboat/identity';
import {
  computeChunkId,
  decodeManifestRoot,
  decodeSegment,
  keyIdOf,
  nextFrame,
  openFrame,
  type ManifestEntry,
} from '@lifeboat/vault-format';
import {
  deliveredUploadRequest,
  type EncodedUploadRequest,
  type UploadRequest,
  type UploadResponse,
} from '@lifeboat/wire';
import type { SealingContext, UploadCall, UploadFactory } from './upload-call.ts';

const VAULT = '00000000-0000-4000-8000-00000000000a';
const CLUSTER = '00000000-0000-4000-8000-00000000000b' as ClusterId;

/** How a test disturbs a peer. */
export interface PeerBehaviour {
  windowBytes: number;
  /** Called with each Frames message before it is taken in; false: the call breaks here, the message is lost. */
  admit: (framesMessages: number) => boolean;
  /** Every n-th write answers false until the next turn of the loop. */
  slowEvery: number;
}

/**
 * The server half of Upload for tests: follows the protocol to the letter (and complains where the agent half does
 * not), opens every frame with the cluster's private key, and gives the captured trees back as entries and bytes.
 */
export class MemoryPeer {
  readonly behaviour: PeerBehaviour = { windowBytes: 16 * 1024 * 1024, admit: () => true, slowEvery: 0 };
  readonly chunks = new Map<string, Buffer>();
  readonly complaints: string[] = [];
  readonly keyIds = new Set<string>();
  framesReceived = 0;
  framesMessages = 0;
  offeredIds = 0;
  calls = 0;
  /** Chunks that arrived though they were durable already. */
  sentTwice = 0;
  readonly #keys = KeyRing.fromRoot(Buffer.alloc(32, 7)).clusterKeys(CLUSTER);

  get welcome(): SealingContext {
    const { idKey, gearKey, publicKey } = this.#keys;
    return { vaultId: VAULT, clusterId: CLUSTER, idKey, gearKey, sealPublicKey: publicKey };
  }

  readonly upload: UploadFactory = () => {
    this.calls += 1;
    return new PeerCall(this);
  };

  /** Entries of a manifest, each with its bytes. */
  tree(root: Uint8Array): { entry: ManifestEntry; bytes: Buffer }[] {
    const manifest = decodeManifestRoot(this.#chunk(root));
    return manifest.segments.flatMap(({ chunk }) =>
      [...decodeSegment(this.#chunk(chunk))].map((entry) => ({
        entry,
        bytes: Buffer.concat(
          entry.content.map((part) => ('hole' in part ? Buffer.alloc(part.hole) : this.#chunk(part.chunk))),
        ),
      })),
    );
  }

  has(id: Uint8Array): boolean {
    return this.chunks.has(Buffer.from(id).toString('hex'));
  }

  async take(frames: Buffer, wrappedKeys: readonly Uint8Array[]): Promise<void> {
    const keys = new Map<string, Buffer>();
    for (const wrapped of wrappedKeys) {
      keys.set(keyIdOf(wrapped).toString('hex'), await unwrapSessionKey(this.#keys, wrapped));
    }
    for (let offset = 0; offset < frames.length;) {
      const next = nextFrame(frames, offset);
      if (next.kind !== 'frame') throw new Error(`whole frames were promised, found ${next.kind}`);
      const { header } = next;
      const key = keys.get(header.keyId.toString('hex'));
      if (key === undefined) throw new Error('a frame under a key of another connection');
      if (!header.vault.equals(uuidToBytes(VAULT)) || !header.cluster.equals(uuidToBytes(CLUSTER))) {
        throw new Error('a frame for another vault or cluster');
      }
      const { raw } = openFrame(frames.subarray(next.start, next.end), key);
      if (!computeChunkId(this.#keys.idKey, header.type, raw).equals(header.chunkId))
        throw new Error('a wrong id');
      const id = header.chunkId.toString('hex');
      if (this.chunks.has(id)) this.sentTwice += 1;
      this.chunks.set(id, raw);
      this.framesReceived += 1;
      offset = next.end;
    }
  }

  #chunk(id: Uint8Array): Buffer {
    const raw = this.chunks.get(Buffer.from(id).toString('hex'));
    if (raw === undefined) throw new Error(`chunk ${Buffer.from(id).toString('hex')} was never sent`);
    return raw;
  }
}

/** One call: requests are answered in order, each in a later turn, as over a network. */
class PeerCall extends EventEmitter implements UploadCall {
  readonly #peer: MemoryPeer;
  #keys: Buffer[] = [];
  #work: Promise<void> = Promise.resolve();
  #writes = 0;
  #unacknowledged = 0;
  #blocked = false;
  #over = false;

  constructor(peer: MemoryPeer) {
    super();
    this.#peer = peer;
  }

  write(sent: UploadRequest | EncodedUploadRequest, written?: () => void): boolean {
    const request = deliveredUploadRequest(sent);
    if (written !== undefined) setImmediate(written);
    const { slowEvery, windowBytes } = this.#peer.behaviour;
    if (this.#blocked) this.#peer.complaints.push('written before drain');
    if (request.message?.$case === 'frames') {
      this.#unacknowledged += request.message.value.frames.length;
      if (this.#unacknowledged > windowBytes && this.#unacknowledged > request.message.value.frames.length) {
        this.#peer.complaints.push('window overrun');
      }
    }
    this.#work = this.#work.then(() => this.#answer(request)).catch((error: unknown) => this.#break(error));
    this.#writes += 1;
    this.#blocked = slowEvery > 0 && this.#writes % slowEvery === 0;
    if (this.#blocked) {
      setImmediate(() => {
        this.#blocked = false;
        this.emit('drain');
      });
    }
    return !this.#blocked;
  }

  end(): void {
    // The half-close itself says nothing; "done" did.
  }

  cancel(): void {
    this.#over = true;
  }

  async #answer({ message }: UploadRequest): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#over) return;
    const peer = this.#peer;
    if (message?.$case === 'open') {
      this.#keys = message.value.keys.map(({ wrapped }) => Buffer.from(wrapped));
      for (const key of this.#keys) peer.keyIds.add(keyIdOf(key).toString('hex'));
      this.#reply({ $case: 'opened', value: { windowBytes: peer.behaviour.windowBytes } });
    } else if (message?.$case === 'offer') {
      this.#reply({ $case: 'missing', value: this.#missing(message.value.sequence, message.value.chunkIds) });
    } else if (message?.$case === 'frames') {
      peer.framesMessages += 1;
      if (!peer.behaviour.admit(peer.framesMessages))
        throw Object.assign(new Error('way broken'), { code: 14 });
      await peer.take(message.value.frames, this.#keys);
      this.#unacknowledged -= message.value.frames.length;
      this.#reply({ $case: 'durable', value: { sequence: message.value.sequence } });
    } else if (message?.$case === 'done') {
      this.#over = true;
      this.emit('end');
    }
  }

  #missing(sequence: bigint, ids: Buffer): { sequence: bigint; bitmap: Buffer } {
    const count = ids.length / CHUNK_ID_LENGTH;
    if (count > 4096) this.#peer.complaints.push(`an offer of ${count} ids`);
    this.#peer.offeredIds += count;
    const bitmap = Buffer.alloc(Math.ceil(count / 8));
    for (let index = 0; index < count; index += 1) {
      if (this.#peer.has(ids.subarray(index * CHUNK_ID_LENGTH, (index + 1) * CHUNK_ID_LENGTH))) continue;
      bitmap[index >> 3] = (bitmap[index >> 3] as number) | (1 << (index & 7));
    }
    return { sequence, bitmap };
  }

  #reply(message: NonNullable<UploadResponse['message']>): void {
    if (!this.#over) this.emit('data', { message });
  }

  #break(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.emit('error', error);
  }
}
