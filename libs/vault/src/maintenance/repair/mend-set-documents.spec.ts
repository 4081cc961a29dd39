import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ClusterId } from '@lifeboat/kernel';
import { sealRecord } from '@lifeboat/vault-format';
import { setBlob } from '../../layout.ts';
import { hashOf } from '../../records/set-documents.ts';
import { listedStill, memoryParts } from '../../testing/index.ts';
import { mendSetDocuments } from './mend-set-documents.ts';

const CLUSTER = randomUUID() as string as ClusterId;
const SET = randomUUID();
const NAME = setBlob(CLUSTER, 1, SET);
const MENDING = { dryRun: false, quarantined: [] };

describe('the mending of set documents', () => {
  it('leaves one alone that is what was written, though only a newer release reads it', async () => {
    const document = { set: SET, cluster: { id: CLUSTER, name: 'portal' }, sequence: 1, keyEpoch: 1 };
    let documentHash = '';
    const parts = await memoryParts({
      sets: {
        documentNames: async () => [NAME],
        byDocument: async () => ({ document, documentHash }),
      },
    });
    const { keyRing, id: vault, random } = parts;
    const keys = { documentKey: keyRing.clusterKeys(CLUSTER).documentKey, nonce: random(12) };
    const sealed = sealRecord('set', document, keys, keyRing.signer, { vault, name: NAME });
    const newer = Buffer.from(sealed.toString().replace('"version":1', '"version":2'));
    documentHash = hashOf(newer);
    await parts.store.put(NAME, newer);
    expect(await mendSetDocuments(parts, MENDING)).toMatchObject([
      { subject: NAME, outcome: 'left', detail: 'a newer release wrote it: use that one' },
    ]);
    expect(await parts.store.get(NAME)).toEqual(newer);
  });

  it('does not miss one that was deleted since it was listed', async () => {
    const parts = await memoryParts({ sets: { documentNames: async () => [] } });
    const late = { ...parts, store: listedStill(parts.store, NAME) };
    expect(await mendSetDocuments(late, MENDING)).toEqual([]);
  });
});
