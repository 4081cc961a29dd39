import { expect, it } from '@jest/globals';
import type { SetDocument } from '@lifeboat/model';
import { memoryParts } from '../../testing/index.ts';
import { judgeMended } from './broken-sets.ts';

it('a catalog that does not answer is no broken set', async () => {
  const locate = async (): Promise<never> => {
    throw new Error('the catalog does not answer');
  };
  const parts = await memoryParts({}, { locate });
  const document = { cluster: { id: 'c', name: 'portal' }, captures: [{ root: '00'.repeat(33) }] };
  const broken = {
    document: document as unknown as SetDocument,
    hit: { trees: [], missing: new Set<string>() },
  };
  await expect(judgeMended(parts, broken)).rejects.toThrow('the catalog does not answer');
});
