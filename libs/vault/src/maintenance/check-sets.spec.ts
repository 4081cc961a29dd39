import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { setBlob } from '../layout.ts';
import { ClosureCheck } from '../read/closure.ts';
import { listedStill, memoryParts } from '../testing/index.ts';
import { checkSets } from './check-sets.ts';

const NAME = setBlob(randomUUID(), 1, randomUUID());

describe('a set document that is not there', () => {
  it('was deleted since it was listed when the catalog does not know it: nothing is wrong', async () => {
    const parts = await memoryParts({ sets: { documentNames: async () => [] } });
    const late = { ...parts, store: listedStill(parts.store, NAME) };
    const closure = new ClosureCheck(late, async () => undefined);
    expect(await checkSets(late, closure)).toEqual({ count: 0, findings: [] });
  });

  it('is missing when the catalog knows it', async () => {
    const parts = await memoryParts({ sets: { documentNames: async () => [NAME] } });
    const closure = new ClosureCheck(parts, async () => undefined);
    const { count, findings } = await checkSets(parts, closure);
    expect(count).toBe(1);
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'set-missing', subject: NAME }));
  });
});
