import { setTimeout } from 'node:timers/promises';
import type { ClusterId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import type { SeededRandom } from '@lifeboat/testkit';
import type { KnownSet } from './known-set.ts';
import { WrongBytes, type SetReader } from './restore-set.ts';

const PAUSE_MILLIS = 6;

/**
 * As a restore does: all chunks of a set located first, and read one after the other, slowly: packs go meanwhile. Throws WrongBytes; what
 * the vault throws when something cannot be read.
 */
export async function restoreAtOnce(
  reader: SetReader,
  document: SetDocument,
  { name, files }: KnownSet,
  random: SeededRandom,
): Promise<void> {
  const cluster = document.cluster.id as ClusterId;
  const wanted: { readonly path: string; readonly chunk: Buffer }[] = [];
  for (const { root } of document.captures)
    for await (const { path, content } of reader.manifest(cluster, Buffer.from(root, 'hex')))
      for (const part of content)
        if ('chunk' in part) wanted.push({ path: path.toString(), chunk: part.chunk });
  let read = 0;
  await reader.readChunks(cluster, Buffer.concat(wanted.map(({ chunk }) => chunk)), async (index, raw) => {
    const { path } = wanted[index]!;
    // Each of these files has one chunk.
    if (files[path]?.equals(raw) !== true) throw new WrongBytes(`${path} of ${name} has other bytes`);
    read += 1;
    await setTimeout(random.integer(PAUSE_MILLIS));
  });
  if (read !== wanted.length) throw new WrongBytes(`${name} gave ${read} of ${wanted.length} chunks`);
}
