import { MAX_IDS, type Catalog, type LocatedChunk } from '@lifeboat/catalog';
import { CHUNK_ID_LENGTH, type ClusterId } from '@lifeboat/kernel';

/** The catalog answers a bounded number of ids at once. */
export async function locateInCatalog(
  catalog: Catalog,
  cluster: ClusterId,
  ids: Buffer,
): Promise<(LocatedChunk | undefined)[]> {
  const located: (LocatedChunk | undefined)[] = [];
  const step = MAX_IDS * CHUNK_ID_LENGTH;
  for (let start = 0; start < ids.length; start += step) {
    located.push(...(await catalog.chunks.locate(cluster, ids.subarray(start, start + step))));
  }
  return located;
}
