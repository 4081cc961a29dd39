import type { Catalog } from '@lifeboat/catalog';
import type { FileRecorder } from './file-recorder.ts';
import type { CatalogChange } from './trace.ts';

const WRITERS: Readonly<Record<CatalogChange['store'], readonly string[]>> = {
  clusters: ['apply'],
  packs: ['open', 'close', 'adopt', 'prove', 'poison', 'remove'],
  chunks: ['insert', 'poison'],
  sets: ['adopt'],
};

/** The catalog, which notes what is written to it between the changes to files. */
export function recordedCatalog(catalog: Catalog, recorder: FileRecorder): Catalog {
  for (const [store, methods] of Object.entries(WRITERS) as [CatalogChange['store'], readonly string[]][]) {
    const target = catalog[store] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    for (const method of methods) {
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
  return catalog;
}

/** Makes the catalog what it was: one change after the other, so that numbers are given out as they were. */
export async function replayCatalog(catalog: Catalog, changes: readonly CatalogChange[]): Promise<void> {
  for (const { store, method, args } of changes) {
    const target = catalog[store] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    await target[method]!(...args.map(withBuffers));
  }
}

/** A clone has plain byte arrays where Buffers were. */
function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(withBuffers);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withBuffers(member)]));
}
