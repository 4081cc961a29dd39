import { describe, expect, it } from '@jest/globals';
import { comparePaths, type ManifestEntry } from '@lifeboat/vault-format';
import fc from 'fast-check';
import { merged, sorted } from './nearly-sorted.ts';

function entry(path: string, size = 0): ManifestEntry {
  return { path: Buffer.from(path), size } as ManifestEntry;
}

function pathsOf(entries: Iterable<ManifestEntry>): string[] {
  return [...entries].map(({ path }) => path.toString());
}

function inOrder(paths: Iterable<string>): string[] {
  return [...new Set(paths)].sort((a, b) => comparePaths(Buffer.from(a), Buffer.from(b)));
}

const PATHS = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 6 }));

describe('nearly sorted entries', () => {
  it('are given by path, each once, when none is further from its place than said', () => {
    fc.assert(
      fc.property(
        PATHS,
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat(4)),
        (paths, reach, picks) => {
          const left = inOrder(paths);
          const displaced: ManifestEntry[] = [];
          // Of the next few one comes first; whoever was passed over comes after so many at most.
          const passed = new Map<string, number>();
          while (left.length > 0) {
            const isDue = passed.get(left[0]!) === reach;
            const at = isDue ? 0 : Math.min(picks.next().value % (reach + 1), left.length - 1);
            for (const path of left.slice(0, at)) passed.set(path, (passed.get(path) ?? 0) + 1);
            displaced.push(entry(left.splice(at, 1)[0]!));
          }
          expect(pathsOf(sorted(displaced, reach))).toEqual(inOrder(paths));
        },
      ),
    );
  });

  it('are left out where they come too late, and the others are in order all the same', () => {
    fc.assert(
      fc.property(PATHS, fc.nat(3), (paths, reach) => {
        const given = pathsOf(
          sorted(
            paths.map((path) => entry(path)),
            reach,
          ),
        );
        expect(given).toEqual(inOrder(given));
        for (const path of given) expect(paths).toContain(path);
      }),
    );
  });
});

describe('merged entries', () => {
  it('are those of all sources by path, of the first source that has it', () => {
    fc.assert(
      fc.property(fc.array(PATHS, { maxLength: 4 }), (sources) => {
        const ordered = sources.map(inOrder);
        const all = [...merged(ordered.map((paths, size) => paths.map((path) => entry(path, size))))];
        expect(pathsOf(all)).toEqual(inOrder(ordered.flat()));
        for (const { path, size } of all)
          expect(size).toBe(ordered.findIndex((paths) => paths.includes(path.toString())));
      }),
    );
  });
});
