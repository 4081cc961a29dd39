import { parseArgs } from 'node:util';
import { messageOf } from '@lifeboat/kernel';
import { replaySeeds } from './replay-seeds.ts';
import type { Counts, Failure } from './suite.ts';
import { SUITE_NAMES, SUITES, type SuiteName } from './suites.ts';

const USAGE = `npm run torture -- [--minutes 5] [--seed TEXT] [--only ${SUITE_NAMES.join('|')}] [--case N]

Ill-treats what must not lose a byte, for so many minutes, divided among the suites; docs/torture.md says what each proves.
Everything follows from the seed. --case runs that one case of a suite: what a failure prints to be repeated.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now()) },
    only: { type: 'string' },
    case: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const names = SUITE_NAMES.filter((name) => values.only === undefined || values.only === name);
const minutes = Number(values.minutes);
const only = values.case === undefined ? undefined : Number(values.case);
const lacksSuite = only !== undefined && values.only === undefined;
if (values.help || names.length === 0 || !(minutes > 0) || Number.isNaN(only) || lacksSuite) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}

console.log(`seed ${values.seed}`);
let failed = 0;
for (const name of names) failed += (await torture(name)) ? 0 : 1;
console.log(`torture: ${names.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Kept seeds first: what failed once is the likeliest to fail again. */
async function torture(name: SuiteName): Promise<boolean> {
  try {
    if (only === undefined) {
      const kept = await replaySeeds(name);
      if (kept.failure !== undefined) return report(name, kept.seed, kept.failure);
    }
    const { counts, failure } = await SUITES[name].run({
      seed: values.seed,
      first: only ?? 0,
      cases: only === undefined ? Infinity : 1,
      signal: AbortSignal.timeout((minutes * 60_000) / names.length),
      onProgress: (progress) => console.error(`${name}: ${inWords(progress)}`),
    });
    console.log(`${name}: ${inWords(counts)}`);
    return failure === undefined || report(name, values.seed, failure);
  } catch (thrown) {
    console.error(`${name}: ${messageOf(thrown)}`, thrown);
    return false;
  }
}

function report(name: SuiteName, seed: string, failure: Failure): false {
  console.error(`FAILED  ${name}, case ${failure.case}: ${failure.message}`);
  console.error(`repeat with: npm run torture -- --only ${name} --seed ${seed} --case ${failure.case}`);
  console.error(
    `keep it: add { "suite": "${name}", "seed": "${seed}", "case": ${failure.case} } to seeds.json`,
  );
  return false;
}

function inWords(counts: Counts): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}
