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

/** The place in `ids` of a chunk that lies nowhere; undefined: each is there. */
export async function findMissingInCatalog(
  catalog: Catalog,
  cluster: ClusterId,
  ids: Buffer,
): Promise<number | undefined> {
  for (let start = 0; start < ids.length; start += MAX_IDS * CHUNK_ID_LENGTH) {
    const some = ids.subarray(start, start + MAX_IDS * CHUNK_ID_LENGTH);
    const place = await catalog.chunks.findMissing(cluster, some);
    if (place !== undefined) return start / CHUNK_ID_LENGTH + place;
  }
  return undefined;
}
