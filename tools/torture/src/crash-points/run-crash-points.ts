import { mkdir, rm } from 'node:fs/promises';
import { Catalog } from '@lifeboat/catalog';
import { KeyRing } from '@lifeboat/identity';
import { messageOf, silentLog } from '@lifeboat/kernel';
import { seededRandom, tempDir } from '@lifeboat/testkit';
import { TestVaults } from '@lifeboat/vault/testing';
import type { Outcome, SuiteOptions } from '../suite.ts';
import { crashState, makeReal } from './crash-state.ts';
import { emptyCatalog } from './empty-catalog.ts';
import { recordSession, type Recording } from './record-session.ts';
import { replayCatalog } from './recorded-catalog.ts';
import type { TraceEvent } from './trace.ts';
import { verifyCrashState } from './verify-crash-state.ts';

const PROGRESS_CASES = 50;
/** A prime above the number of points: some cases are spread over the session, and all of them reach each point in turn. */
const STRIDE = 9973;

export async function runCrashPoints({
  seed,
  first,
  cases,
  signal,
  onProgress,
}: SuiteOptions): Promise<Outcome> {
  const vaults = await TestVaults.start();
  await using scratch = await tempDir('lifeboat-crash');
  const keyRing = KeyRing.fromRoot(Buffer.alloc(32, 0x42));
  const recording = await record(vaults, scratch.join('session'), keyRing, seed);
  const url = await vaults.database();
  const catalog = await Catalog.open(url, silentLog);
  const points = recording.events.length + 1;
  const counts = { cases: 0, 'crash points': points, 'with the catalog': 0, reindexed: 0 };
  try {
    for (let number = first; number < first + cases && !signal.aborted; number += 1) {
      const random = seededRandom(`${seed}/crash-points/${number}`);
      const point = (number * STRIDE) % points;
      const state = crashState(recording.events, point, random);
      const isReindexed = random.integer(2) === 0;
      const base = scratch.join(String(number));
      try {
        await mkdir(base);
        await makeReal(state, recording.base, base);
        await emptyCatalog(url);
        if (!isReindexed) await replayCatalog(catalog, state.catalog);
        await verifyCrashState(base, state, catalog, keyRing, isReindexed);
      } catch (thrown) {
        const how = isReindexed ? 'reindexed' : 'with the catalog';
        const message = `behind event ${point} (${inWords(recording.events[point - 1])}), ${how}: ${messageOf(thrown)}`;
        return { counts, failure: { case: number, message } };
      }
      await rm(base, { recursive: true });
      counts.cases += 1;
      counts[isReindexed ? 'reindexed' : 'with the catalog'] += 1;
      if (counts.cases % PROGRESS_CASES === 0) onProgress?.(counts);
    }
    return { counts };
  } finally {
    await catalog.close();
    await vaults.stop();
  }
}

async function record(vaults: TestVaults, base: string, keyRing: KeyRing, seed: string): Promise<Recording> {
  await mkdir(base);
  const catalog = await Catalog.open(await vaults.database(), silentLog);
  try {
    return await recordSession(base, catalog, keyRing, seed);
  } finally {
    await catalog.close();
  }
}

function inWords(event: TraceEvent | undefined): string {
  if (event === undefined) return 'nothing';
  if ('path' in event) return `${event.kind} ${event.path.split('/').slice(-2).join('/')}`;
  if ('change' in event) return `${event.kind}: ${event.change.store}.${event.change.method}`;
  return 'promise' in event ? event.promise.kind : event.kind;
}
