import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LifeboatError } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import { sealRecord } from '@lifeboat/vault-format';
import { setBlob } from '../layout.ts';
import { setDocument, storeWith, TestVaults, type TestVault } from '../testing/index.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

const ROOT = Buffer.alloc(33, 1);

/** Signed and sealed with the vault's own keys, under whatever name. */
async function putSealed(
  { parts, vault, cluster }: TestVault,
  name: string,
  document: unknown,
): Promise<void> {
  const { documentKey } = parts.keyRing.clusterKeys(cluster, 1);
  const keys = { documentKey, nonce: Buffer.alloc(12, 1) };
  await parts.store.put(
    name,
    sealRecord('set', document, keys, parts.keyRing.signer, { vault: vault.id, name }),
  );
}

describe('a set document', () => {
  it('of the same set with another content is a conflict, not the one that is there', async () => {
    const test = await vaults.make();
    const document = setDocument(test, 1, null, ROOT);
    await test.vault.putSetDocument(document);
    const other: SetDocument = { ...document, requestedBy: 'somebody else' };
    await expect(test.vault.putSetDocument(other)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await test.vault.findSetDocument(test.cluster, 1, document.set)).toEqual(document);
    expect(await test.vault.findSetDocument(test.cluster, 2, document.set)).toBeUndefined();
  });

  it('that the store does not take is not committed', async () => {
    let full = false;
    const test = await vaults.make({
      wrapStore: (inner) =>
        storeWith(inner, {
          put: async (...blob) =>
            full ? Promise.reject(new LifeboatError('VAULT_FULL', 'no room')) : inner.put(...blob),
        }),
    });
    const document = setDocument(test, 1, null, ROOT);
    full = true;
    await expect(test.vault.putSetDocument(document)).rejects.toMatchObject({ code: 'VAULT_FULL' });
    full = false;
    expect(await test.vault.findSetDocument(test.cluster, 1, document.set)).toBeUndefined();
  });

  it('is asked for by a name of its kind', async () => {
    const test = await vaults.make();
    for (const name of ['vault.json', 'sets/x', `sets/${test.cluster}/1-${randomUUID()}`])
      await expect(test.vault.getSetDocument(name)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('that says it is another set than its name is damaged, though signed', async () => {
    const test = await vaults.make();
    const document = setDocument(test, 1, null, ROOT);
    for (const name of [setBlob(test.cluster, 2, document.set), setBlob(test.cluster, 1, randomUUID())]) {
      await putSealed(test, name, document);
      await expect(test.vault.getSetDocument(name)).rejects.toMatchObject({ code: 'FORMAT_DAMAGED' });
    }
    await putSealed(test, setBlob(test.cluster, 3, document.set), null);
    await putSealed(test, setBlob(test.cluster, 4, document.set), {
      ...document,
      cluster: { id: randomUUID() },
    });
    const { findings } = await test.vault.check({ readData: false });
    expect(findings.map(({ kind }) => kind)).toEqual(Array.from({ length: 4 }, () => 'set-damaged'));
  });
});
