import { readFile } from 'node:fs/promises';
import type { Failure } from './suite.ts';
import { SUITES, type SuiteName } from './suites.ts';

interface KeptSeed {
  readonly suite: SuiteName;
  readonly seed: string;
  readonly case: number;
  /** What it found. */
  readonly found: string;
}

const SEEDS = new URL('../seeds.json', import.meta.url);

/** Runs the cases of a suite that failed once; the first that does so again. */
export async function replaySeeds(
  suite: SuiteName,
): Promise<{ replayed: number; seed: string; failure?: Failure }> {
  const seeds = JSON.parse(await readFile(SEEDS, 'utf8')) as readonly KeptSeed[];
  const own = seeds.filter((kept) => kept.suite === suite);
  for (const { seed, case: first } of own) {
    const signal = new AbortController().signal;
    const { failure } = await SUITES[suite].run({ seed, first, cases: 1, signal });
    if (failure !== undefined) return { replayed: own.length, seed, failure };
  }
  return { replayed: own.length, seed: '' };
}
