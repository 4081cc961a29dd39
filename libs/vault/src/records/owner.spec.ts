import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileSystemBlobStore, type BlobStore } from '@lifeboat/blob-store';
import { movableClock } from '@lifeboat/testkit';
import { storeWith } from '../testing/store-with.ts';
import { assertOwner, claimVault, instanceId } from './owner.ts';

let directory: string;
let made = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-owner-'));
});
afterAll(async () => rm(directory, { recursive: true }));

const emptyStore = async (): Promise<BlobStore> =>
  FileSystemBlobStore.open(join(directory, `${(made += 1)}`));
const claim = async (store: BlobStore, instance: string, takeOver = false): Promise<void> =>
  claimVault(store, instance, movableClock(), takeOver, async () => undefined);
const refused = { code: 'VAULT_OWNED_BY_ANOTHER' };

describe('who a server is', () => {
  it('is made once and stays', async () => {
    const workDir = join(directory, 'once');
    const id = await instanceId(workDir);
    expect(await instanceId(workDir)).toBe(id);
    expect(await readFile(join(workDir, 'instance-id'), 'utf8')).toBe(`${id}\n`);
  });

  it('is made anew where a stop left half a name', async () => {
    const workDir = join(directory, 'half');
    await mkdir(workDir);
    await writeFile(join(workDir, 'instance-id'), '1234');
    const id = await instanceId(workDir);
    expect([await instanceId(workDir), id.length]).toEqual([id, 36]);
  });

  it('is not made anew when it cannot be read: the vault would be another server’s', async () => {
    const workDir = join(directory, 'unreadable');
    await mkdir(join(workDir, 'instance-id'), { recursive: true });
    await expect(instanceId(workDir)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});

describe('a vault', () => {
  it('has one owner; who comes second is refused and leaves nothing behind', async () => {
    const store = await emptyStore();
    await claim(store, 'first');
    await claim(store, 'first');
    await expect(claim(store, 'second')).rejects.toMatchObject({
      ...refused,
      context: { owners: ['first'] },
    });
    await assertOwner(store, 'first');
    await expect(assertOwner(store, 'second')).rejects.toMatchObject(refused);
  });

  it('that another took over is refused to who had it, whose claim stands until then', async () => {
    const store = await emptyStore();
    await claim(store, 'first');
    await store.put('owner/second', Buffer.from('{}'));
    await expect(claim(store, 'first')).rejects.toMatchObject(refused);
    expect(await store.size('owner/first')).toBeDefined();
    await claim(store, 'second', true);
    await assertOwner(store, 'second');
    await expect(assertOwner(store, 'first')).rejects.toMatchObject(refused);
  });

  it('whose store lists late is claimed once the claim can be seen', async () => {
    const inner = await emptyStore();
    let looks = 0;
    const late = storeWith(inner, {
      list: async function* (prefix) {
        if ((looks += 1) > 3) yield* inner.list(prefix);
      },
    });
    await claim(late, 'first');
    expect(looks).toBe(4);
  });

  it('whose store never lists the claim is refused: nobody can say who else is there', async () => {
    const inner = await emptyStore();
    const blind = storeWith(inner, { list: async function* () {} });
    await expect(claim(blind, 'first')).rejects.toMatchObject({
      code: 'VAULT_UNREACHABLE',
      guidance: expect.stringContaining('lags'),
    });
  });
});
