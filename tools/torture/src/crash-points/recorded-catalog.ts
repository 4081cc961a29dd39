import type { Catalog, PruneSession } from '@lifeboat/catalog';
import type { FileRecorder } from './file-recorder.ts';
import type { CatalogChange } from './trace.ts';

/** An answer of `have` and a closure that was found change rows too: they take tombstones off, and touch bases. */
const WRITERS: Readonly<Record<CatalogChange['store'], readonly string[]>> = {
  clusters: ['apply'],
  packs: ['open', 'close', 'adopt', 'prove', 'unprove', 'heal', 'poison', 'remove'],
  chunks: ['insert', 'poison', 'have', 'findMissing', 'dropBases', 'forgetStrays'],
  sets: ['adopt', 'delete'],
  prunes: ['ended'],
  replicas: ['verified'],
  session: [
    'begin',
    'dropBase',
    'mark',
    'sweep',
    'swept',
    'removePack',
    'noteOrphan',
    'forgetOrphan',
    'forgetAdoptedOrphans',
  ],
};

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** The catalog, which notes what is written to it between the changes to files. */
export function recordedCatalog(catalog: Catalog, recorder: FileRecorder): Catalog {
  for (const store of ['clusters', 'packs', 'chunks', 'sets', 'prunes', 'replicas'] as const)
    recordWriters(catalog[store], store, recorder);
  const alone = catalog.prunes.alone.bind(catalog.prunes);
  catalog.prunes.alone = (work) =>
    alone((session) => {
      recordWriters(session, 'session', recorder);
      return work(session);
    });
  return catalog;
}

function recordWriters(of: object, store: CatalogChange['store'], recorder: FileRecorder): void {
  const target = of as Methods;
  for (const method of WRITERS[store]) {
    const original = target[method]!.bind(target);
    target[method] = async (...args) => {
      const change = { store, method, args: structuredClone(args) };
      recorder.note({ kind: 'catalog', change });
      const result = await original(...args);
      recorder.note({ kind: 'catalog done', change });
      return result;
    };
  }
}

/**
 * Makes the catalog what it was: one change after the other, so that numbers are given out as they were. One connection stands
 * for those of all prunes: each begins with marks of its own.
 */
export async function replayCatalog(catalog: Catalog, changes: readonly CatalogChange[]): Promise<void> {
  await catalog.prunes.alone(async (session: PruneSession) => {
    for (const { store, method, args } of changes) {
      const target = (store === 'session' ? session : catalog[store]) as unknown as Methods;
      await target[method]!(...args.map(withBuffers));
    }
  });
}

/** A clone has plain byte arrays where Buffers were. */
function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(withBuffers);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withBuffers(member)]));
}
