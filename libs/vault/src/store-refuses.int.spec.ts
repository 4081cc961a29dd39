import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileSystemBlobStore, type BlobStore } from '@lifeboat/blob-store';
import { seededBytes, TestSets, TestVaults } from './testing/index.ts';
import { Vault } from './vault.ts';

/** Only root may mount a file system, fill it, and take the right to write to it away from root. */
const mayMount = process.getuid?.() === 0;
const SIZE = 4 * 1024 * 1024;

let vaults: TestVaults;
let small: string;
beforeAll(async () => {
  vaults = await TestVaults.start();
  small = await mkdtemp(join(tmpdir(), 'lifeboat-refuses-'));
  if (mayMount) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', small]);
});
afterAll(async () => {
  await vaults.stop();
  if (mayMount) execFileSync('umount', [small]);
  await rm(small, { recursive: true, force: true });
});

const REFUSALS = [
  {
    refusal: 'is full',
    code: 'VAULT_FULL',
    begin: async () => {
      const { bavail, bsize } = await statfs(small);
      await writeFile(join(small, 'ballast'), Buffer.alloc(bavail * bsize));
    },
    end: async () => rm(join(small, 'ballast')),
  },
  {
    refusal: 'became read-only',
    code: 'VAULT_REFUSED',
    begin: async () => void execFileSync('mount', ['-o', 'remount,ro', small]),
    end: async () => void execFileSync('mount', ['-o', 'remount,rw', small]),
  },
];

async function storeOnSmallDisk(): Promise<BlobStore> {
  return FileSystemBlobStore.open(await mkdtemp(join(small, 'vault-')));
}

(mayMount ? describe : describe.skip).each(REFUSALS)(
  'a vault whose directory $refusal',
  ({ code, begin, end }) => {
    async function whileRefused(work: () => Promise<unknown>): Promise<void> {
      try {
        const failed = { code, guidance: expect.stringMatching(/then (do it|take the set) again/) };
        await expect(work()).rejects.toMatchObject(failed);
      } finally {
        await end();
      }
    }

    it('loses nothing and goes on afterwards, at whichever write it met', async () => {
      const store = await storeOnSmallDisk();
      const test = await vaults.make({ wrapStore: () => store });
      const sets = await TestSets.of(test);
      const first = await sets.take({ a: seededBytes('a', 100_000) });

      // A pack.
      await sets.agent.capture({ b: seededBytes('b', 100_000) });
      await whileRefused(() => begin().then(() => test.vault.closeOpenPacks(test.cluster)));
      const set = await sets.begin();
      await sets.capture(set, { b: seededBytes('b', 100_000), c: Buffer.from('c') });
      // A set document: it is put when the pack is there.
      await whileRefused(() => sets.seal(set, begin));
      await sets.seal(set);
      // A control record, and that of a deletion.
      await whileRefused(() => begin().then(() => test.vault.putControl('clusters/one', {})));
      await whileRefused(() => begin().then(() => sets.delete(first)));
      expect(sets.kept).toHaveLength(2);
      await sets.delete(first);

      await sets.take({ d: Buffer.from('d') });
      await sets.assertWhole();
      expect((await test.vault.check({ readData: true })).findings).toEqual([]);
    });

    it('is not made there at all', async () => {
      const { parts, catalog } = await vaults.make();
      const store = await storeOnSmallDisk();
      const workDir = await mkdtemp(join(tmpdir(), 'lifeboat-work-'));
      await whileRefused(() => begin().then(() => Vault.open({ ...parts, store, workDir, catalog })));
      await rm(workDir, { recursive: true });
    });
  },
);
