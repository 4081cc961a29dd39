import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BlobStore } from '@lifeboat/blob-store';
import { silentLog } from '@lifeboat/kernel';
import { OfflineVault } from '../offline/index.ts';
import { seededBytes, storeWith, TestSets, TestVaults, type TestVault } from '../testing/index.ts';

/** A store that fails at the nth question about what it holds, counted from `arm(n)` on. */
class TroubledStore {
  asked = 0;
  #failsAt = Infinity;

  arm(failsAt: number): void {
    this.asked = 0;
    this.#failsAt = failsAt;
  }

  wrap(inner: BlobStore): BlobStore {
    const list = (prefix: string): AsyncIterable<{ name: string; size: number }> => {
      this.#ask();
      return inner.list(prefix);
    };
    return storeWith(inner, {
      list,
      get: async (name) => (this.#ask(), inner.get(name)),
      size: async (name) => (this.#ask(), inner.size(name)),
      read: async (...at) => (this.#ask(), inner.read(...at)),
      // Its packs are read by this process, through `read`.
      fileOf: undefined,
    });
  }

  #ask(): void {
    this.asked += 1;
    if (this.asked === this.#failsAt)
      throw Object.assign(new Error('the disk does not answer'), { code: 'EIO' });
  }
}

let vaults: TestVaults;
let test: TestVault;
const store = new TroubledStore();
/** Two sets, and one that was deleted. */
beforeAll(async () => {
  vaults = await TestVaults.start();
  test = await vaults.make({ wrapStore: (inner) => store.wrap(inner) });
  const sets = await TestSets.of(test);
  const first = await sets.take({ a: seededBytes('a', 2000), b: Buffer.from('b') });
  await sets.take({ a: seededBytes('a', 2000), c: Buffer.from('c') });
  await sets.take({ c: Buffer.from('c') });
  await sets.delete(first);
});
afterAll(async () => vaults.stop());

const offline = async (): Promise<OfflineVault> =>
  OfflineVault.open(test.parts.store, test.parts.keyRing, silentLog);

/** Of a look that finds nothing wrong because it looks for something else. */
const nothingFound = { findings: [] };

interface Look {
  readonly what: string;
  readonly look: () => Promise<{ readonly findings: readonly unknown[] }>;
  readonly before?: () => Promise<unknown>;
}

const LOOKS: readonly Look[] = [
  { what: 'a check', look: async () => test.vault.check({ readData: false }) },
  { what: 'a check of every byte', look: async () => test.vault.check({ readData: true }) },
  { what: 'a check without a server', look: async () => (await offline()).check({ readData: false }) },
  {
    what: 'a check of every byte without a server',
    look: async () => (await offline()).check({ readData: true }),
  },
  { what: 'a list of sets without a server', look: async () => (await offline()).sets() },
  {
    what: 'a prune that only looks',
    look: async () => {
      const { signal } = new AbortController();
      const report = await test.vault.prune({ dryRun: true, graceMillis: 0, allowLarge: true, signal });
      return { ...report, ...nothingFound };
    },
  },
  { what: 'a proof', look: async () => test.vault.prove() },
  {
    what: 'a reindex',
    before: async () => test.abandonAndReopen({ url: await vaults.database() }),
    look: async () => ({ ...(await test.vault.reindex()), ...nothingFound }),
  },
];

describe.each(LOOKS)('$what', ({ look, before }) => {
  it('fails with the store, whatever was asked of it, and never calls that damage', async () => {
    for (let failsAt = 1; ; failsAt += 1) {
      await before?.();
      store.arm(failsAt);
      const looked = await look().catch((thrown: unknown) => thrown);
      const { asked } = store;
      store.arm(Infinity);
      if (asked < failsAt) {
        expect(looked).toMatchObject(nothingFound);
        break;
      }
      expect(looked).toMatchObject({ message: 'the disk does not answer' });
      expect((await test.catalog.packs.totals()).poisoned).toBe(0);
    }
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  });
});
