import type { WrittenManifest } from '@lifeboat/coordination';
import { createSessionKey, wrapSessionKey, type KeyRing } from '@lifeboat/identity';
import { uuidToBytes, type ClusterId } from '@lifeboat/kernel';
import type { Ingest, Vault } from '@lifeboat/vault';
import {
  computeChunkId,
  encodeManifestRoot,
  FrameSealer,
  keyIdOf,
  SegmentBuilder,
  type ChunkType,
  type ManifestEntry,
  type SegmentSummary,
} from '@lifeboat/vault-format';

/** Writes a manifest of the server's own making; what the vault has already is not written again. */
export async function writeManifest(
  vault: Vault,
  keyRing: KeyRing,
  cluster: ClusterId,
  entries: AsyncIterable<ManifestEntry>,
): Promise<WrittenManifest> {
  const writer = await MetadataWriter.open(vault, keyRing, cluster);
  const segments: SegmentSummary[] = [];
  const builder = new SegmentBuilder();
  let current = emptySegment();
  const finish = async (segment: Buffer | undefined): Promise<void> => {
    if (segment === undefined) return;
    segments.push({ ...current, chunk: await writer.write('segment', segment), length: segment.length });
    current = emptySegment();
  };
  for await (const entry of entries) {
    // A segment ends before the entry with which the next one begins.
    await finish(builder.push(entry));
    if (current.entries === 0) current.firstPath = entry.path;
    current.entries += 1;
    current.contentBytes += entry.type === 'file' ? entry.size : 0;
  }
  await finish(builder.finish());
  const totals = {
    entries: segments.reduce((sum, segment) => sum + segment.entries, 0),
    contentBytes: segments.reduce((sum, segment) => sum + segment.contentBytes, 0),
  };
  const root = await writer.write('root', encodeManifestRoot({ segments, ...totals }));
  await writer.durable();
  return { root, entries: totals.entries, bytes: totals.contentBytes };
}

interface SegmentInProgress {
  firstPath: Buffer;
  entries: number;
  contentBytes: number;
}

function emptySegment(): SegmentInProgress {
  return { firstPath: Buffer.alloc(0), entries: 0, contentBytes: 0 };
}

class MetadataWriter {
  readonly #ingest: Ingest;
  readonly #sealer: FrameSealer;
  readonly #wrapped: Buffer;
  readonly #idKey: Buffer;
  /** Appends under way: the ingest commits together what arrives together, so none is waited for alone. */
  readonly #appends: Promise<void>[] = [];

  private constructor(ingest: Ingest, sealer: FrameSealer, wrapped: Buffer, idKey: Buffer) {
    this.#ingest = ingest;
    this.#sealer = sealer;
    this.#wrapped = wrapped;
    this.#idKey = idKey;
  }

  static async open(vault: Vault, keyRing: KeyRing, cluster: ClusterId): Promise<MetadataWriter> {
    const keys = keyRing.clusterKeys(cluster);
    const key = createSessionKey();
    const wrapped = await wrapSessionKey(keys.publicKey, key);
    const context = { vault: uuidToBytes(vault.id), cluster: uuidToBytes(cluster) };
    const sealer = new FrameSealer(context, keyIdOf(wrapped), key);
    return new MetadataWriter(await vault.ingest(cluster), sealer, wrapped, keys.idKey);
  }

  async write(type: ChunkType, raw: Buffer): Promise<Buffer> {
    const id = computeChunkId(this.#idKey, type, raw);
    const have = await this.#ingest.have(null, id);
    if (((have[0] ?? 0) & 1) === 0) {
      const append = this.#ingest.append(null, [this.#wrapped], this.#sealer.seal(type, id, raw));
      append.catch(() => undefined); // told by durable()
      this.#appends.push(append);
    }
    return id;
  }

  async durable(): Promise<void> {
    await Promise.all(this.#appends);
  }
}
