import { rm } from 'node:fs/promises';
import path from 'node:path';
import { MAX_IDS } from '@lifeboat/catalog';

import type { Work } from '../bench.ts';
import type { Measured } from '../contender.ts';
import { WrongResult } from '../wrong-result.ts';
import { absentIds, openLookupTable, presentIds, type LookupTable } from './lookup-table.ts';

const CHUNKS = 20_000_000;
const CHUNKS_QUICK = 200_000;
const CALLS = 50;

/** How many chunk ids a second the catalog looks up, by arrays of as many as one request may ask. */
export const lookup: Work = async (bench) => {
  const chunks = bench.quick ? CHUNKS_QUICK : CHUNKS;
  const dir = path.join(bench.dir, 'lookup');
  const table = await openLookupTable(dir, chunks, bench.say);
  try {
    const measured: Measured[] = [];
    for (let run = 1; run <= bench.runs; run += 1) {
      bench.ended.throwIfAborted();
      const one = await measureLookups(table, `run ${run}`);
      measured.push(one);
      const rates = Object.entries(one.figures!).map(([name, rate]) => `${name} ${Math.round(rate)}`);
      bench.say(`lookup ${run}/${bench.runs}: ${rates.join(', ')}`);
    }
    const contenders = [{ name: 'lifeboat', version: '0.1.0', measured }];
    return [{ work: 'lookup', corpus: `${chunks} chunks`, contenders }];
  } finally {
    await table.close();
    await rm(dir, { recursive: true, force: true });
  }
};

async function measureLookups(table: LookupTable, seed: string): Promise<Measured> {
  const { chunks: store } = table.catalog;
  const calls = Array.from({ length: CALLS }, (_, call) => `${seed} ${call}`);
  const [present, absent] = [calls.map((call) => presentIds(table, call)), calls.map(absentIds)];
  const startedAt = performance.now();
  const figures = {
    havePresentPerSecond: await rateOf(present, async (ids) =>
      bitsSet(await store.have(table.cluster, table.node, ids)),
    ),
    haveAbsentPerSecond: await rateOf(
      absent,
      async (ids) => MAX_IDS - bitsSet(await store.have(table.cluster, table.node, ids)),
    ),
    locatePerSecond: await rateOf(
      present,
      async (ids) => (await store.locate(table.cluster, ids)).filter((found) => found !== undefined).length,
    ),
  };
  return { millis: performance.now() - startedAt, resident: {}, cpu: {}, figures };
}

/** Ids a second, one call after the other. `right`: how many ids were answered as they had to be. */
async function rateOf(calls: readonly Buffer[], right: (ids: Buffer) => Promise<number>): Promise<number> {
  const startedAt = performance.now();
  for (const ids of calls) {
    const count = await right(ids);
    if (count !== MAX_IDS) throw new WrongResult('lifeboat', `${count} of ${MAX_IDS} look-ups were right`);
  }
  return (calls.length * MAX_IDS * 1000) / (performance.now() - startedAt);
}

function bitsSet(bitmap: Uint8Array): number {
  let count = 0;
  for (let byte of bitmap) for (; byte > 0; byte >>= 1) count += byte & 1;
  return count;
}
