import { messageOf } from '@lifeboat/kernel';

import type { Bench } from './bench.ts';
import type { WorkResult } from './report/work-result.ts';
import { WORKS, type WorkName } from './works/works.ts';

export interface Outcome {
  readonly results: readonly WorkResult[];
  /** Works that came to no result, and why. */
  readonly failures: readonly string[];
}

/** One work that fails does not take from the others. */
export async function runWorks(names: readonly WorkName[], bench: Bench): Promise<Outcome> {
  const results: WorkResult[] = [];
  const failures: string[] = [];
  for (const name of names) {
    try {
      results.push(...(await WORKS[name](bench)));
    } catch (error) {
      bench.ended.throwIfAborted();
      failures.push(`${name} came to no result: ${messageOf(error)}`);
      bench.say(failures.at(-1)!);
    }
  }
  return { results, failures };
}
