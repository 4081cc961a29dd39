import { MemoryBlobStore } from '@lifeboat/blob-store';
import { messageOf } from '@lifeboat/kernel';
import { movableClock, seededRandom } from '@lifeboat/testkit';
import { failing, TestVaults } from '@lifeboat/vault/testing';
import type { Suite } from '../suite.ts';
import { FullStore } from '../stores/full-store.ts';
import { VaultLife } from './vault-life.ts';

const ACTIONS = 30;
const ACTIONS_BETWEEN_LOOKS = 10;

/** Lives of vaults, one action after the other, compared with what an oracle in memory knows of them. */
export const model: Suite = {
  async run({ seed, first, cases, signal, onProgress }) {
    const vaults = await TestVaults.start();
    const counts: Record<string, number> = { cases: 0 };
    try {
      for (let number = first; number < first + cases && !signal.aborted; number += 1) {
        const failure = await live(vaults, `${seed}/model/${number}`, counts);
        if (failure !== undefined) return { counts, failure: { case: number, message: failure } };
        counts['cases']! += 1;
        onProgress?.(counts);
      }
      return { counts };
    } finally {
      await vaults.stop();
    }
  },
};

/** What went wrong, behind which actions. */
async function live(
  vaults: TestVaults,
  seed: string,
  counts: Record<string, number>,
): Promise<string | undefined> {
  const random = seededRandom(seed);
  const faults = failing();
  const clock = movableClock(new Date());
  let store: FullStore | undefined;
  const test = await vaults.make({
    replica: { store: new MemoryBlobStore(), location: 'the replica' },
    clock: { ...clock, monotonic: () => performance.now() },
    wrapStore: (roomy) => faults.wrapStore((store = new FullStore(roomy))),
  });
  const life = await VaultLife.begin({ vaults, test, store: store!, faults, clock, random });
  const done: string[] = [];
  try {
    for (let step = 1; step <= ACTIONS; step += 1) {
      const [name, action] = random.pick(life.actions);
      done.push(name);
      await action();
      counts[name] = (counts[name] ?? 0) + 1;
      if (step % ACTIONS_BETWEEN_LOOKS === 0) await life.verify();
    }
    done.push('the end');
    await life.end();
    return undefined;
  } catch (thrown) {
    return `${messageOf(thrown)}, after ${done.join(', ')}`;
  }
}
