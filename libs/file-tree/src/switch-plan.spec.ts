import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isWithin } from './safe-path.ts';
import { KeptCursor } from './kept/kept-cursor.ts';
import { Pace } from './stage-pace.ts';
import { planSwitch as plan, type Found, type Listing } from './switch-plan.ts';

/** With nothing kept. */
function planSwitch(live: Listing, staged: Listing, excludes: readonly string[]) {
  const kept = new KeptCursor([].values());
  const isUntouched = (): boolean => false;
  return plan({ live, staged, excludes, kept, isUntouched, brokenGroups: new Set(), pace: new Pace() });
}

/** A listing of the directories that hold these files. */
function listingOf(files: readonly string[]): Listing {
  return (directory) => {
    const names = new Map<string, Found>();
    for (const file of files) {
      if (directory !== '' && !file.startsWith(`${directory}/`)) continue;
      const [name, ...rest] = file.slice(directory === '' ? 0 : directory.length + 1).split('/');
      names.set(name as string, { isDirectory: rest.length > 0, stat: {} as Found['stat'] });
    }
    return names.size > 0 || directory === '' ? names : undefined;
  };
}

const STORE = 'data/document_library';

describe('the plan of a switch', () => {
  it('exchanges top-level entries whole where nothing is excluded beneath', async () => {
    const plan = await planSwitch(listingOf(['a/b/c', 'old']), listingOf(['a/x', 'new']), ['elsewhere/x']);
    expect(plan.spine.map(({ path }) => path)).toEqual(['']);
    expect(plan.exchanges).toEqual([
      { path: 'a', live: true, staged: true },
      { path: 'new', live: false, staged: true },
      { path: 'old', live: true, staged: false },
    ]);
  });

  it('descends only on the way to what is excluded', async () => {
    const plan = await planSwitch(
      listingOf(['a/b', `${STORE}/1`, 'data/old']),
      listingOf(['a/b', 'data/new']),
      [STORE],
    );
    expect(plan.spine.map(({ path }) => path)).toEqual(['', 'data']);
    expect(plan.exchanges.map(({ path }) => path)).toEqual(['a', 'data/new', 'data/old']);
  });

  it('keeps what is excluded when the set has not even its parent', async () => {
    const plan = await planSwitch(listingOf([`${STORE}/1`, 'data/old']), listingOf(['new']), [STORE]);
    expect(plan.exchanges.map(({ path }) => path)).toEqual(['data/old', 'new']);
  });

  it('refuses to put a file where something excluded lies', async () => {
    await expect(planSwitch(listingOf([`${STORE}/1`]), listingOf(['data']), [STORE])).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('covers every file exactly once, and nothing that is excluded', async () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
      .map((names) => names.join('/'));
    // Files only as leaves: what is a directory in one path must not be a file in another.
    const tree = fc.array(path, { maxLength: 8 }).map((paths) => paths.map((one) => `${one}/f`));
    await fc.assert(
      fc.asyncProperty(tree, tree, fc.array(path, { maxLength: 3 }), async (live, staged, excludes) => {
        const { exchanges } = await planSwitch(listingOf(live), listingOf(staged), excludes);
        const listed = listingOf(live);
        for (const file of live) {
          const covering = exchanges.filter((exchange) => isWithin(file, exchange.path));
          const isExcluded = excludes.some(
            (excluded) => isWithin(file, excluded) && listed(excluded) !== undefined,
          );
          expect(covering).toHaveLength(isExcluded ? 0 : 1);
          if (!isExcluded) expect(covering[0]?.live).toBe(true);
        }
        for (const { path: moved } of exchanges) {
          for (const excluded of excludes) {
            const isThere = live.some((file) => isWithin(file, excluded));
            if (isThere) expect(isWithin(excluded, moved)).toBe(false);
          }
        }
      }),
    );
  });
});
