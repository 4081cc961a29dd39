import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runProcess } from '@lifeboat/testkit';

import { buildPrograms } from './build-programs.ts';
import type { Contender, Measured } from './contender.ts';
import { measureFence } from './fence/measure-fence.ts';
import { openLifeboat } from './peers/lifeboat.ts';
import { openResticRest } from './peers/restic-rest.ts';

const USAGE = `npm run bench -- backup|incremental --corpus DIR[,DIR…] [--peers restic-rest] [--runs 5] [--until sealed|proved] [--json FILE]
npm run bench -- fence [--engine postgresql|mariadb] [--documents 20000] [--operations 50] [--sets 20] [--json FILE]

Measures Lifeboat and its peers in turn on this machine (A B A B …): a first backup, or one with nothing changed,
until the set is sealed, or until its bytes were read back.`;

// Another kind of measurement, with options of its own.
if (process.argv[2] === 'fence') process.exit(await measureFence(process.argv.slice(3)));

const PEERS: Readonly<Record<string, { program: string; open: typeof openLifeboat }>> = {
  'restic-rest': { program: 'restic', open: openResticRest },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    corpus: { type: 'string' },
    peers: { type: 'string', default: '' },
    runs: { type: 'string', default: '5' },
    until: { type: 'string', default: 'sealed' },
    json: { type: 'string' },
  },
});
const [work] = positionals;
const { until } = values;
if (
  (work !== 'backup' && work !== 'incremental') ||
  (until !== 'sealed' && until !== 'proved') ||
  values.corpus === undefined
) {
  console.error(USAGE);
  process.exit(2);
}
const corpus = values.corpus.split(',').map((directory) => path.resolve(directory));
const runs = Number(values.runs);
await buildPrograms();

const base = path.join(os.tmpdir(), `lifeboat-bench-${process.pid}`);
await mkdir(base, { recursive: true, mode: 0o755 });

const contenders = [await openLifeboat(corpus, path.join(base, 'lifeboat'), until)];
for (const name of values.peers.split(',').filter(Boolean)) {
  const peer = PEERS[name];
  if (peer === undefined)
    throw new Error(`there is no peer ${name}; known: ${Object.keys(PEERS).join(', ')}`);
  const found = await runProcess('which', [peer.program]);
  if (found.code !== 0) console.error(`peer ${name} is not measured: ${peer.program} is not installed`);
  else contenders.push(await peer.open(corpus, path.join(base, name)));
}

// The page cache is warm for everybody alike.
await runProcess('sh', [
  '-c',
  `tar -cf /dev/null ${corpus.map((directory) => `'${directory}'`).join(' ')} 2>/dev/null`,
]);
const results = new Map<string, Measured[]>(contenders.map((contender) => [contender.name, []]));
for (let run = 0; run < runs; run += 1) {
  for (const contender of contenders) {
    const measured = await measure(contender);
    results.get(contender.name)!.push(measured);
    console.error(`run ${run + 1}: ${contender.name} ${(measured.millis / 1000).toFixed(2)} s`);
    await contender.close();
  }
}
await rm(base, { recursive: true, force: true });
await report();

async function measure(contender: Contender): Promise<Measured> {
  const first = await contender.backup();
  if (work === 'backup') return first;
  return contender.incremental();
}

async function report(): Promise<void> {
  const summaries = contenders.map((contender) => ({
    contender,
    ...summarize(results.get(contender.name)!),
  }));
  const [own, ...peers] = summaries;
  for (const { contender, median, min, max, last } of summaries) {
    const resident = Object.entries(last.resident).map(
      ([name, bytes]) => `${name} ${Math.round(bytes / 1e6)} MB`,
    );
    const cpu = Object.entries(last.cpu).map(([name, value]) => `${name} ${value.toFixed(1)} s`);
    console.log(
      `${contender.name.padEnd(12)} median ${seconds(median)} (${seconds(min)}–${seconds(max)}), stored ${(last.stored / 1e6).toFixed(0)} MB, peak ${resident.join(', ')}, CPU ${cpu.join(', ')}  [${contender.version}]`,
    );
  }
  for (const peer of peers)
    console.log(`ratio to ${peer.contender.name}: ${(own!.median / peer.median).toFixed(2)}`);
  if (values.json === undefined) return;
  const describe = ({ contender, last, ...figures }: (typeof summaries)[number]) => ({
    version: contender.version,
    ...figures,
    ...last,
  });
  const document = {
    work,
    until,
    corpus,
    machine: {
      cpu: os.cpus()[0]?.model,
      cores: os.cpus().length,
      memory: os.totalmem(),
      kernel: (await readFile('/proc/version', 'utf8')).trim(),
    },
    lifeboat: describe(own!),
    peers: Object.fromEntries(peers.map((peer) => [peer.contender.name, describe(peer)])),
    ratios: Object.fromEntries(peers.map((peer) => [peer.contender.name, own!.median / peer.median])),
  };
  await writeFile(values.json, `${JSON.stringify(document, null, 2)}\n`);
}

function summarize(measured: readonly Measured[]) {
  const millis = measured.map((one) => one.millis).sort((a, b) => a - b);
  return {
    median: millis[Math.floor(millis.length / 2)]!,
    min: millis[0]!,
    max: millis.at(-1)!,
    last: measured.at(-1)!,
  };
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(2)} s`;
}
