import type { ClusterId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import type { ManifestEntry } from '@lifeboat/vault-format';
import type { KnownSet } from './known-set.ts';

/** What it takes to read a set: of a server's vault, or of one without a server. */
export interface SetReader {
  manifest(cluster: ClusterId, root: Buffer): AsyncIterable<ManifestEntry>;
  readChunks(
    cluster: ClusterId,
    ids: Buffer,
    onChunk: (index: number, raw: Buffer) => Promise<void> | void,
  ): Promise<void>;
}

/** Bytes that came back other than they went in, or files too many or too few: never, whatever has happened. */
export class WrongBytes extends Error {
  override readonly name = 'WrongBytes';
}

/** Reads every byte of a set and compares. Throws WrongBytes; what the vault throws when something cannot be read. */
export async function restoreSet(reader: SetReader, document: SetDocument, known: KnownSet): Promise<void> {
  const cluster = document.cluster.id as ClusterId;
  const missing = new Set(Object.keys(known.files));
  for (const { root } of document.captures) {
    for await (const entry of reader.manifest(cluster, Buffer.from(root, 'hex'))) {
      const path = entry.path.toString();
      const expected = known.files[path];
      if (expected === undefined || !missing.delete(path))
        throw new WrongBytes(`${known.name} has a file ${path}`);
      if (!(await contentOf(reader, cluster, entry)).equals(expected))
        throw new WrongBytes(`${path} of ${known.name} has other bytes`);
    }
  }
  if (missing.size > 0) throw new WrongBytes(`${known.name} lacks ${[...missing].join(', ')}`);
}

async function contentOf(reader: SetReader, cluster: ClusterId, entry: ManifestEntry): Promise<Buffer> {
  const parts = entry.content.map((part) => ('hole' in part ? Buffer.alloc(part.hole) : part.chunk));
  const chunks = entry.content.flatMap((part, index) => ('chunk' in part ? [index] : []));
  await reader.readChunks(cluster, Buffer.concat(chunks.map((index) => parts[index]!)), (index, raw) => {
    parts[chunks[index]!] = Buffer.from(raw);
  });
  return Buffer.concat(parts);
}
