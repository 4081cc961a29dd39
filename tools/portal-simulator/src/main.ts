import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '@lifeboat/kernel';
import { runLoad } from './load/run-load.ts';
import { makePortal } from './make.ts';
import { defaultPidFile, startNode, stopNode } from './node/control.ts';
import { serveNode } from './node/serve.ts';
import type { DatabaseSettings } from './database.ts';
import { readPortal } from './portal.ts';
import { STORE_CLASSES, type StoreKind } from './stores/open-store.ts';
import { isWhole, verifyPortal } from './verify.ts';

const USAGE = `portal-simulator make   --dir DIR --kind postgresql|mariadb --host H --port P --user U --database D
                        [--nodes 2] [--documents 2000] [--images N] [--seed 1] [--store home|shared]
                        [--store-kind file-system|advanced-file-system|database] [--base-port 18080]
portal-simulator run    --dir DIR [--rate 20] [--seconds S] [--seed 1] [--commit-delay 10]     until SIGTERM
portal-simulator verify --dir DIR [--store PATH] [--database NAME] [--host H] [--db-port P] [--json]
portal-simulator node start|stop|serve --home HOME [--port P] [--pid-file FILE] [--start-delay MS]
The database's password comes from the variable SIMULATOR_DATABASE_PASSWORD (make).`;

const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = { make, run, verify, node };

async function make(args: string[]): Promise<number> {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      dir: string, kind: string, host: { ...string, default: '127.0.0.1' }, port: string, user: string, database: string,
      nodes: string, documents: string, images: string, seed: string, store: string, 'store-kind': string, 'base-port': string,
    }, // prettier-ignore
  });
  const database: DatabaseSettings = {
    kind: oneOf(required(values.kind, '--kind'), ['postgresql', 'mariadb'] as const),
    host: values.host,
    port: Number(required(values.port, '--port')),
    user: required(values.user, '--user'),
    password: process.env.SIMULATOR_DATABASE_PASSWORD ?? '',
    database: required(values.database, '--database'),
  };
  const portal = await makePortal({
    dir: required(values.dir, '--dir'),
    database,
    nodes: number(values.nodes),
    documents: number(values.documents),
    images: number(values.images),
    seed: number(values.seed),
    store: values.store === undefined ? undefined : oneOf(values.store, ['home', 'shared'] as const),
    storeKind:
      values['store-kind'] === undefined
        ? undefined
        : oneOf(values['store-kind'], Object.keys(STORE_CLASSES) as StoreKind[]),
    basePort: number(values['base-port']),
  });
  console.log(`made ${portal.nodes.length} nodes in ${portal.dir}, document store ${portal.store}`);
  return 0;
}

async function run(args: string[]): Promise<number> {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { dir: string, rate: string, seconds: string, seed: string, 'commit-delay': string },
  });
  const load = await runLoad({
    portal: await readPortal(required(values.dir, '--dir')),
    rate: number(values.rate),
    seed: number(values.seed),
    commitDelayMs: number(values['commit-delay']),
  });
  console.log('running');
  const stop = (): void => void load.stop();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  const timer = values.seconds === undefined ? undefined : setTimeout(stop, Number(values.seconds) * 1000);
  const counts = await load.done;
  clearTimeout(timer);
  console.log(JSON.stringify(counts));
  return Object.keys(counts.errors).length === 0 ? 0 : 1;
}

async function verify(args: string[]): Promise<number> {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      dir: string,
      store: string,
      database: string,
      host: string,
      'db-port': string,
      json: { type: 'boolean' },
    },
  });
  const portal = await readPortal(required(values.dir, '--dir'));
  const { host = portal.database.host, database = portal.database.database, store = portal.store } = values;
  const port = number(values['db-port']) ?? portal.database.port;
  const report = await verifyPortal({
    ...portal,
    database: { ...portal.database, host, port, database },
    store,
  });
  if (values.json === true) console.log(JSON.stringify(report));
  else {
    const { rows, present, missing, wrong, images, inDatabase, unreferenced } = report;
    console.log(
      `documents: ${rows} rows, ${present} present, ${missing.length} missing, ${wrong.length} wrong`,
    );
    console.log(
      `images: ${images.rows} rows, ${images.present} present, ${images.missing.length} missing, ${images.wrong.length} wrong`,
    );
    console.log(
      `in the database: ${inDatabase.rows} rows, ${inDatabase.wrong.length} wrong; unreferenced files: ${unreferenced.length}`,
    );
    for (const path of [...missing, ...images.missing]) console.log(`missing ${path}`);
    for (const path of [...wrong, ...images.wrong, ...inDatabase.wrong]) console.log(`wrong ${path}`);
  }
  return isWhole(report) ? 0 : 1;
}

async function node([action = '', ...args]: string[]): Promise<number> {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { home: string, port: string, 'pid-file': string, 'start-delay': string },
    allowPositionals: true,
  });
  const home = resolve(required(values.home, '--home'));
  const pidFile = resolve(values['pid-file'] ?? defaultPidFile(home));
  const options = {
    home,
    pidFile,
    port: number(values.port),
    startDelayMs: number(values['start-delay']) ?? 200,
  };
  switch (action) {
    case 'start':
      console.log(`running as ${await startNode(options)}`);
      return 0;
    case 'stop':
      console.log((await stopNode(pidFile)) ? 'stopped' : 'was not running');
      return 0;
    case 'serve':
      await serveNode(options);
      return 0;
    default:
      throw new Error(`node start, node stop or node serve, not "${action}"`);
  }
}

function required(value: string | undefined, flag: string): string {
  if (value === undefined) throw new Error(`${flag} is needed`);
  return value;
}

function number(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isFinite(Number(value))) throw new Error(`"${value}" is not a number`);
  return Number(value);
}

function oneOf<T extends string>(value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new Error(`"${value}" is none of ${allowed.join(', ')}`);
  return found;
}

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await command(args);
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}
