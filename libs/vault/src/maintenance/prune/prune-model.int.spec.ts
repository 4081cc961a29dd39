import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ClusterId } from '@lifeboat/kernel';
import fc from 'fast-check';
import { seededBytes, TestSets, TestVaults, type RunningSet, type TestVault } from '../../testing/index.ts';

let vaults: TestVaults;
let test: TestVault;
beforeAll(async () => {
  vaults = await TestVaults.start();
  test = await vaults.make();
});
afterAll(async () => vaults.stop());

/** What may happen, in any order; what makes no sense at the moment is passed over. */
type Step =
  | { readonly do: 'begin' | 'seal' | 'fail' | 'prune' | 'prove' | 'restart' }
  | { readonly do: 'capture'; readonly names: readonly string[]; readonly prunes: boolean }
  | { readonly do: 'delete'; readonly which: number };

const names = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1, maxLength: 6 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('capture' as const), names, prunes: fc.boolean() }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('begin' as const, 'seal', 'prune') }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), which: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('fail' as const, 'prove', 'restart') }) },
  ),
  { minLength: 10, maxLength: 40 },
);

/** Whatever is dead is deleted as early as the rules allow: no grace, and every pack rewritten that holds any. */
async function prune(): Promise<void> {
  const { signal } = new AbortController();
  const options = { dryRun: false, graceMillis: 0, deadShare: Number.MIN_VALUE, allowLarge: true, signal };
  const { chunks } = await test.vault.prune(options);
  expect(chunks.missing).toBe(0);
}

async function play(story: readonly Step[]): Promise<void> {
  const cluster = randomUUID() as string as ClusterId;
  await test.addCluster(cluster, `c-${cluster}`);
  const sets = await TestSets.of(test, cluster);
  let running: RunningSet | undefined;
  for (const step of story) {
    if (step.do === 'prune') await prune();
    else if (step.do === 'prove') await test.vault.prove();
    else if (step.do === 'restart') await test.abandonAndReopen();
    else if (step.do === 'begin') running ??= await sets.begin();
    else if (step.do === 'capture' && running !== undefined) {
      const files = step.names.map((name) => [name, seededBytes(cluster + name, 3000)] as const);
      await sets.capture(running, Object.fromEntries(files), step.prunes ? prune : undefined);
    } else if (step.do === 'seal' && running?.root !== undefined) {
      await sets.seal(running, prune);
      running = undefined;
    } else if (step.do === 'fail' && running !== undefined) {
      await sets.fail(running);
      running = undefined;
    } else if (step.do === 'delete') {
      const set = sets.kept[step.which];
      if (set !== undefined) await sets.delete(set);
    }
  }
  if (running?.root !== undefined) await sets.seal(running, prune);
  await prune();
  await prune();
  await sets.assertWhole();
  expect((await test.vault.check({ readData: true })).findings).toEqual([]);
}

it('whatever happens in whatever order, each set that was sealed gives back what it held', async () => {
  await fc.assert(fc.asyncProperty(steps, play), { numRuns: Number(process.env['RUNS'] ?? 8) });
});
