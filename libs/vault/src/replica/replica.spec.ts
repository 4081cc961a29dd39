import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MemoryBlobStore } from '@lifeboat/blob-store';
import type { PackName } from '@lifeboat/kernel';
import { packBlob } from '../layout.ts';
import { memoryParts, type CatalogAnswers } from '../testing/index.ts';
import { Replica } from './replica.ts';

const { signal } = new AbortController();
const sha256 = (bytes: Buffer): PackName => createHash('sha256').update(bytes).digest('hex') as PackName;

/** Nothing was copied yet, and there are these packs. */
function behind(packs: readonly PackName[]): CatalogAnswers {
  const rows = packs.map((name, index) => ({ id: BigInt(index + 1), name }));
  return {
    sets: { documentNames: async () => [] },
    packs: { byName: async () => undefined },
    replicas: {
      lacking: async (_: string, names: readonly string[]) => names,
      packsBehind: async (_: string, after: bigint, limit: number) =>
        rows.filter(({ id }) => id > after).slice(0, limit),
      verified: async () => undefined,
    },
  };
}

describe('a pass', () => {
  it('goes through more packs than are asked for at once, past those that were deleted meanwhile', async () => {
    const last = Buffer.from('the last one');
    const deleted = Array.from({ length: 1000 }, (_, index) => sha256(Buffer.from(`${index}`)));
    const parts = await memoryParts(behind([...deleted, sha256(last)]));
    await parts.store.put(packBlob(sha256(last)), last);
    const store = new MemoryBlobStore();
    const pass = await new Replica(parts, { store, location: 'here' }).pass(signal);
    // And vault.json.
    expect(pass).toMatchObject({ blobs: 2, problems: [] });
    expect(await store.get(packBlob(sha256(last)))).toEqual(last);
  });

  it('writes nothing where another vault of the same key lies', async () => {
    const parts = await memoryParts(behind([]));
    const other = await memoryParts({}, { keyRing: parts.keyRing });
    const replica = new Replica(parts, { store: other.store, location: 'there' });
    await expect(replica.pass(signal)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('another vault lies at there'),
    });
  });
});
