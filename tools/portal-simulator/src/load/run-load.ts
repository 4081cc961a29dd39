import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@lifeboat/kernel';
import { seededRandom, type SeededRandom } from '@lifeboat/testkit';
import { openDatabase } from '../database.ts';
import { ID_COUNTER, NAME_COUNTER } from '../fill-database.ts';
import type { Portal } from '../portal.ts';
import { openStore } from '../stores/open-store.ts';
import { Counter } from './counter.ts';
import { Library } from './library.ts';
import { Operations, OPERATIONS, type Operation } from './operations.ts';

export interface LoadOptions {
  readonly portal: Portal;
  /** Operations per second over all nodes; what the machine cannot do is not made up for later. */
  readonly rate?: number | undefined;
  readonly seed?: number | undefined;
  /** Longest time between the last store action of a transaction and its commit. */
  readonly commitDelayMs?: number | undefined;
  readonly weights?: Partial<Readonly<Record<Operation, number>>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Counts {
  readonly operations: Readonly<Record<Operation, number>>;
  readonly total: number;
  readonly millis: number;
  /** Operations that ended in an error, by message: they are no longer certain to leave store and rows in step. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface RunningLoad {
  counts(): Counts;
  /** Lets every running operation end, then closes the connections. */
  stop(): Promise<Counts>;
  /** Resolves when the load has ended, by `stop` or by the signal. */
  readonly done: Promise<Counts>;
}

const WEIGHTS: Readonly<Record<Operation, number>> = {
  add: 20,
  update: 20,
  checkOut: 6,
  updateWorkingCopy: 5,
  checkIn: 5,
  cancelCheckOut: 1,
  deleteVersion: 6,
  deleteDocument: 11,
  move: 10,
  trash: 2,
  rename: 3,
  rewriteImage: 5,
  editArticle: 4,
  rolledBackAdd: 1,
  rolledBackUpdate: 1,
};

/** Transactions at a time per node. */
const THREADS = 3;

/** Plays users of all nodes until it is stopped. */
export async function runLoad(options: LoadOptions): Promise<RunningLoad> {
  const { portal, rate = 20, seed = 1, commitDelayMs = 10 } = options;
  const database = await openDatabase(portal.database, portal.nodes.length * THREADS + 2);
  const library = await Library.read(database);
  const around = {
    database,
    library,
    commitDelayMs,
    store: openStore(portal, database),
    ids: new Counter(database, ID_COUNTER),
    names: new Counter(database, NAME_COUNTER),
  };
  const random = seededRandom(`load/${seed}`);
  const pick = weighted({ ...WEIGHTS, ...options.weights }, random);
  const operations = Object.fromEntries(OPERATIONS.map((operation) => [operation, 0])) as Record<
    Operation,
    number
  >;
  const errors: Record<string, number> = {};
  const startedAt = performance.now();
  const counts = (): Counts => ({
    operations: { ...operations },
    total: Object.values(operations).reduce((sum, count) => sum + count, 0),
    millis: Math.round(performance.now() - startedAt),
    errors: { ...errors },
  });
  const stopping = new AbortController();
  const signal =
    options.signal === undefined ? stopping.signal : AbortSignal.any([options.signal, stopping.signal]);
  const ticks = ticker(1000 / rate, signal);

  const thread = async (home: string, name: string): Promise<void> => {
    const work = new Operations({ ...around, random: seededRandom(`load/${seed}/${name}`) });
    while (await ticks()) {
      let operation = pick();
      try {
        if (!(await work.run(operation))) await work.run((operation = 'add'));
        operations[operation]++;
        await appendToLog(home, `${operation} by ${name}`);
      } catch (error) {
        errors[messageOf(error)] = (errors[messageOf(error)] ?? 0) + 1;
      }
    }
  };
  const threads = portal.nodes.flatMap(({ home, name }) =>
    Array.from({ length: THREADS }, (_, at) => thread(home, `${name}-thread-${at + 1}`)),
  );
  const done = Promise.all(threads).then(async () => {
    await database.close();
    return counts();
  });
  return {
    counts,
    done,
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

/** Lets one caller pass per interval; false once the signal is given. */
function ticker(everyMs: number, signal: AbortSignal): () => Promise<boolean> {
  let next = performance.now();
  return async () => {
    if (signal.aborted) return false;
    const now = performance.now();
    next = Math.max(next + everyMs, now);
    if (next > now) await sleep(next - now, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  };
}

function weighted(weights: Readonly<Record<Operation, number>>, random: SeededRandom): () => Operation {
  const total = OPERATIONS.reduce((sum, operation) => sum + weights[operation], 0);
  return () => {
    let at = random.next() * total;
    return OPERATIONS.find((operation) => (at -= weights[operation]) < 0) ?? 'add';
  };
}

async function appendToLog(home: string, line: string): Promise<void> {
  const now = new Date().toISOString();
  await appendFile(
    join(home, 'logs', `liferay.${now.slice(0, 10)}.log`),
    `${now} INFO [http-nio-8080] ${line}\n`,
  );
}
