import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FileSystemBlobStore } from '@lifeboat/blob-store';
import { KeyRing } from '@lifeboat/identity';
import { LifeboatError } from '@lifeboat/kernel';
import { movableClock } from '@lifeboat/testkit';
import { canonicalJson } from '@lifeboat/vault-format';
import { storeWith } from '../testing/store-with.ts';
import { makeVaultRecord, readVaultRecord } from './vault-record.ts';

const KEYS = KeyRing.fromRoot(Buffer.alloc(32, 1));
const CLOCK = movableClock();

let directory: string;
let store: FileSystemBlobStore;
let made = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-record-'));
});
beforeEach(async () => {
  store = await FileSystemBlobStore.open(join(directory, `${(made += 1)}`));
});
afterAll(async () => rm(directory, { recursive: true }));

/** The record with other members, signed by this vault's own key. */
async function resign(members: object): Promise<void> {
  const path = join(store.root, 'vault.json');
  const { signature: _, ...record } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  const changed = { ...record, ...members };
  const signature = Buffer.from(KEYS.signer.sign(Buffer.from(canonicalJson(changed)))).toString('base64');
  await rm(path);
  await writeFile(path, `${canonicalJson({ ...changed, signature })}\n`);
}

describe('vault.json', () => {
  it('is made once, and read under its own key only', async () => {
    expect(await readVaultRecord(store, KEYS)).toBeUndefined();
    const id = await makeVaultRecord(store, KEYS, CLOCK);
    expect(await readVaultRecord(store, KEYS)).toBe(id);
    await expect(readVaultRecord(store, KeyRing.fromRoot(Buffer.alloc(32, 2)))).rejects.toMatchObject({
      code: 'KEY_MISSING',
    });
  });

  it('of another process that was faster is the one that counts', async () => {
    const id = await makeVaultRecord(store, KEYS, CLOCK);
    expect(await makeVaultRecord(store, KEYS, CLOCK)).toBe(id);
  });

  it('is not made up where the store does not take it', async () => {
    const full = storeWith(store, {
      put: async () => Promise.reject(new LifeboatError('VAULT_FULL', 'no room')),
    });
    await expect(makeVaultRecord(full, KEYS, CLOCK)).rejects.toMatchObject({ code: 'VAULT_FULL' });
    expect(await readVaultRecord(store, KEYS)).toBeUndefined();
  });

  it.each([
    ['a later version', { version: 2 }, 'FORMAT_UNSUPPORTED'],
    ['a feature that this release lacks', { requires: ['tides'] }, 'FORMAT_UNSUPPORTED'],
    ['requirements that are no list', { requires: 'tides' }, 'FORMAT_UNSUPPORTED'],
    ['requirements that are no names', { requires: [1] }, 'FORMAT_UNSUPPORTED'],
    ['an id that is none', { id: '1' }, 'FORMAT_DAMAGED'],
    ['an id that is no text', { id: 1 }, 'FORMAT_DAMAGED'],
  ])('with %s is refused, though signed', async (_, members, code) => {
    await makeVaultRecord(store, KEYS, CLOCK);
    await resign(members);
    await expect(readVaultRecord(store, KEYS)).rejects.toMatchObject({ code });
  });

  it('with a feature that a reader may ignore is read', async () => {
    const id = await makeVaultRecord(store, KEYS, CLOCK);
    await resign({ uses: ['tides'], tides: true });
    expect(await readVaultRecord(store, KEYS)).toBe(id);
  });

  it.each([
    ['no JSON', 'vault'],
    ['no object', 'null\n'],
    ['not in its one spelling', '{ }\n'],
  ])('that is %s is damaged', async (_, text) => {
    await store.put('vault.json', Buffer.from(text));
    await expect(readVaultRecord(store, KEYS)).rejects.toMatchObject({ code: 'FORMAT_DAMAGED' });
  });
});
