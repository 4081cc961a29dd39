/** The process that `bench statement` measures: told on stdin what to check, it tells what it found and what it took. */
import { text } from 'node:stream/consumers';
import { StoreCopies } from '@lifeboat/coordination';
import { databaseEngine, type DatabaseTarget } from '@lifeboat/database';
import { isInPlace, resolveDocuments } from '@lifeboat/dxp';
import { silentLog } from '@lifeboat/kernel';

import { librarySegments } from './library.ts';

interface Order {
  readonly target: DatabaseTarget;
  readonly rows: number;
  readonly dir: string;
}

const { target, rows, dir } = JSON.parse(await text(process.stdin)) as Order;
const clock = { now: () => new Date(), monotonic: () => performance.now() };
const engine = databaseEngine(target, { log: silentLog, clock, tempDir: dir });
const before = process.memoryUsage().rss;

const copies = new StoreCopies();
const index = await timed(() => copies.setRound(librarySegments(rows)));
const pin = await engine.pin();
let open = 0;
const check = await timed(async () => {
  for await (const row of pin.documents()) if (!isInPlace(row, copies)) open += 1;
});
const dump = pin.dump();
dump.goOn();
const streaming = await timed(async () => {
  dump.stream.resume();
  await dump.done;
});
await pin.release();
const report = await dump.done;
let found = '';
const proof = await timed(async () => {
  const { documents, images, contents, externalRepositories } = report;
  const resolution = resolveDocuments(documents, images, copies, {
    files: copies.files(),
    contents,
    externalRepositories,
    referenced: copies.references(),
  });
  const { missing, sizeMismatch, orphanFiles } = resolution;
  found = [resolution.rows, missing.length, sizeMismatch.length, orphanFiles].join(' ');
});
const peak = process.resourceUsage().maxRSS * 1024;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
console.log(
  `${rows} document versions: files indexed in ${index} s, rows checked before the dump in ${check} s (${open} open); ` +
    `dump streamed and its rows gathered in ${streaming} s, resolved in ${proof} s; ` +
    `peak memory ${megabytes(peak)}, of which ${megabytes(before)} were there before`,
);
const right = found === `${rows} 1 1 0` && open === 2;
if (!right) console.error(`wrong: rows, missing, of another size and orphans are ${found}, and ${open} open`);
process.exit(right ? 0 : 1);

async function timed(work: () => Promise<unknown>): Promise<string> {
  const start = performance.now();
  await work();
  return ((performance.now() - start) / 1000).toFixed(1);
}
