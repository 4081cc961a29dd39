/** `npm run bench`: Lifeboat and its peers, measured in turn. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ERROR_CODES, toLifeboatError } from '@lifeboat/kernel';

import type { Bench } from './bench.ts';
import { buildPrograms } from './build-programs.ts';
import type { Corpus } from './corpus/corpus.ts';
import { openCorpus } from './corpus/open-corpus.ts';
import { measureFence } from './fence/measure-fence.ts';
import { describeMachine } from './machine/describe-machine.ts';
import { readOptions, type Options } from './options.ts';
import { inOwnPlace } from './own-place.ts';
import { measureStatement } from './statement/measure-statement.ts';
import { openLifeboat } from './peers/lifeboat.ts';
import { openPeers } from './peers/open-peers.ts';
import { resultDocument } from './report/result-document.ts';
import { resultTable } from './report/result-table.ts';
import { runWorks } from './run-works.ts';
import { USAGE } from './usage.ts';

const args = process.argv.slice(2);
// Done when it is done: a run that was told to end may have left timers and promises behind.
process.exit(await main().catch(complain));

async function main(): Promise<number> {
  if (args.length === 0 || args.includes('--help')) {
    console.log(USAGE);
    return args.length === 0 ? 2 : 0;
  }
  // Another kind of measurement, with options of its own.
  if (args[0] === 'statement') return inOwnPlace((dir) => measureStatement(args.slice(1), dir));
  if (args[0] === 'fence') return inOwnPlace((dir) => measureFence(args.slice(1), dir));
  const options = readOptions(args);
  return inOwnPlace((dir, ended) => measure(options, dir, ended));
}

/** Exit code 0 when every work came to a result, and every result was right. */
async function measure(options: Options, dir: string, ended: AbortSignal): Promise<number> {
  const peers = await openPeers(options.peers, dir);
  await buildPrograms();
  let corpus: Promise<Corpus> | undefined;
  const bench: Bench = {
    dir,
    runs: options.runs,
    quick: options.quick,
    until: options.until,
    ended,
    contenders: [openLifeboat(path.join(dir, 'lifeboat'), options.until), ...peers],
    corpus: () => (corpus ??= openCorpus(options.corpus!, dir)),
    say: (text) => console.error(`${process.uptime().toFixed(0).padStart(5)} s  ${text}`),
  };
  const { results, failures } = await runWorks(options.works, bench);
  const machine = describeMachine();
  const documents = results.map((result) => resultDocument(result, machine));
  if (documents.length > 0) console.log(`\n${resultTable(documents)}`);
  for (const failure of failures) console.error(failure);
  if (options.json !== undefined) {
    // One work is one document; several are a list of them.
    const written = documents.length === 1 ? documents[0] : documents;
    await writeFile(options.json, `${JSON.stringify(written, null, 2)}\n`);
  }
  return failures.length === 0 ? 0 : 1;
}

function complain(thrown: unknown): number {
  const error = toLifeboatError(thrown);
  console.error(error.kind === 'bug' ? thrown : error.message);
  if (error.guidance !== undefined) console.error(error.guidance);
  return ERROR_CODES[error.code].exit;
}
