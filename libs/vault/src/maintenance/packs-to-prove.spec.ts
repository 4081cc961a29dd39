import { describe, expect, it } from '@jest/globals';
import type { PackRow } from '@lifeboat/catalog';
import type { VaultParts } from '../parts.ts';
import { unprovedPacks, untriedPacks } from './packs-to-prove.ts';

const EPOCH = new Date(0);
const packOf = (id: number): PackRow => ({ id: BigInt(id), triedAt: EPOCH }) as PackRow;
const pagesOf = (count: number): PackRow[][] => {
  const all = Array.from({ length: count }, (_, index) => packOf(index + 1));
  const pages: PackRow[][] = [];
  while (all.length > 0) pages.push(all.splice(0, 100));
  return [...pages, []];
};

function partsOf(pages: PackRow[][]): VaultParts {
  const next = async (): Promise<PackRow[]> => pages.shift() ?? [];
  const packs = { listUnproved: next, listUntried: next, byId: async (id: bigint) => packOf(Number(id)) };
  return {
    catalog: { packs },
    clock: { now: () => new Date(), monotonic: () => 0 },
    proofGate: { entrance: () => async () => undefined },
  } as unknown as VaultParts;
}

async function idsOf(packs: AsyncGenerator<PackRow>): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of packs) ids.push(Number(id));
  return ids;
}

describe('packs that wait for a proof', () => {
  it('are given page by page, without those that failed one', async () => {
    const ids = await idsOf(unprovedPacks(partsOf(pagesOf(101)), new Set([2n])));
    expect(ids).toHaveLength(100);
    expect(ids).not.toContain(2);
  });

  it('are all given when all are asked for', async () => {
    expect(await idsOf(unprovedPacks(partsOf(pagesOf(3)), 'all'))).toEqual([1, 2, 3]);
  });

  it('are not given to a renewal that another one has them in hand for', async () => {
    const inHand = new Set([1n]);
    expect(await idsOf(untriedPacks(partsOf(pagesOf(101)), {}, inHand))).toHaveLength(100);
    expect(inHand.size).toBe(101);
  });

  it('are not begun once the renewal is called off', async () => {
    const signal = AbortSignal.abort();
    expect(await idsOf(untriedPacks(partsOf(pagesOf(2)), { signal }, new Set()))).toEqual([]);
  });
});
