import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenPack } from '../pack/open-pack.ts';
import { frameContext } from '../pack/open-packs.ts';
import { seededBytes, TestSender, TestVaults } from '../testing/index.ts';

/** A file system of 6 MiB; only root may mount one. */
const mayMount = process.getuid?.() === 0;

let vaults: TestVaults;
let small: string;
beforeAll(async () => {
  vaults = await TestVaults.start();
  small = await mkdtemp(join(tmpdir(), 'lifeboat-full-'));
  if (mayMount) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', small]);
});
afterAll(async () => {
  await vaults.stop();
  if (mayMount) execFileSync('umount', [small]);
  await rm(small, { recursive: true, force: true });
});

(mayMount ? describe : describe.skip)('a vault whose disk is full', () => {
  it('says so, loses nothing acknowledged, and works again once there is room', async () => {
    const ballast = join(small, 'ballast');
    await writeFile(ballast, Buffer.alloc(3 * 1024 * 1024));
    const test = await vaults.make({ workDir: join(small, 'work') });
    const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
    const append = async (seed: string): Promise<Buffer> => {
      const { ids, frames } = sender.seal([seededBytes(seed, 900_000)]);
      await (await test.vault.ingest(test.cluster)).append(test.node, sender.keys, frames);
      return ids;
    };
    const kept: Buffer[] = [];
    const filling = (async () => {
      for (let index = 0; index < 20; index += 1) kept.push(await append(`before ${index}`));
    })();
    await expect(filling).rejects.toMatchObject({
      code: 'VAULT_FULL',
      guidance: expect.stringContaining('Free space'),
    });
    expect(kept.length).toBeGreaterThan(0);
    await expect(append('still full')).rejects.toMatchObject({ code: 'VAULT_FULL' });
    for (const id of kept) expect((await test.vault.readChunk(test.cluster, id)).length).toBe(900_000);

    // Not even a pack's header goes in.
    await writeFile(ballast, Buffer.alloc(8 * 1024 * 1024)).catch(() => undefined);
    const place = { cluster: test.cluster, directory: small, file: 'one more', id: 0n };
    await expect(OpenPack.create(place, frameContext(test.vault.id, test.cluster))).rejects.toMatchObject({
      code: 'VAULT_FULL',
    });

    await truncate(ballast, 0);
    kept.push(await append('after'));
    await test.vault.closeOpenPacks(test.cluster);
    for (const id of kept) expect((await test.vault.readChunk(test.cluster, id)).length).toBe(900_000);
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  });
});
