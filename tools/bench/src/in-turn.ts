import type { Bench } from './bench.ts';
import type { Contender, Measured } from './contender.ts';
import type { ContenderResult } from './report/work-result.ts';
import { settleDisk } from './machine/settle-disk.ts';

/** Measures every contender in turn, A B A B …, so that a machine that slows down slows all of them. */
export async function inTurn(
  bench: Bench,
  work: string,
  measure: (contender: Contender) => Promise<Measured>,
): Promise<ContenderResult[]> {
  const { contenders, runs, ended } = bench;
  const runsOf = new Map(contenders.map((contender) => [contender, [] as Measured[]]));
  for (let run = 1; run <= runs; run += 1) {
    for (const [contender, measured] of runsOf) {
      ended.throwIfAborted();
      await settleDisk(bench.dir);
      try {
        const one = await measure(contender);
        measured.push(one);
        bench.say(`${work} ${run}/${runs}: ${contender.name} ${(one.millis / 1000).toFixed(2)} s`);
      } finally {
        await contender.close();
      }
    }
  }
  return [...runsOf].map(([{ name, version }, measured]) => ({ name, version, measured }));
}
