import { expect, it } from '@jest/globals';
import type { SetDocument } from '@lifeboat/model';
import { memoryParts } from '../../testing/index.ts';
import { judgeMended } from './broken-sets.ts';

it('a set is not called hit because the catalog did not answer for a moment', async () => {
  let asked = 0;
  const locate = async (): Promise<[undefined]> => {
    if ((asked += 1) === 1) throw new Error('the catalog does not answer');
    return [undefined];
  };
  const parts = await memoryParts({}, { locate });
  const document = { cluster: { id: 'c', name: 'portal' }, captures: [{ root: '00'.repeat(33) }] };
  const broken = {
    document: document as unknown as SetDocument,
    hit: { trees: [], missing: new Set<string>() },
  };
  await expect(judgeMended(parts, broken)).rejects.toThrow('the catalog does not answer');
});
