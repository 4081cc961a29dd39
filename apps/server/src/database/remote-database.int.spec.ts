import { randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ClusterRow } from '@lifeboat/catalog';
import type { DatabaseOperator, DatabasePin } from '@lifeboat/coordination';
import type { DocumentRow } from '@lifeboat/dxp';
import { CertificateAuthority, createJoinToken } from '@lifeboat/identity';
import { silentLog, type ClusterId, type PlanId, type RestoreId, type SetId } from '@lifeboat/kernel';
import type { DatabaseDefinition, RestorePlan } from '@lifeboat/model';
import { createDatabase, makePortal, openDatabase, type Portal } from '@lifeboat/portal-simulator';
import { systemClock } from '@lifeboat/runtime';
import {
  freePort,
  startMariaDb,
  startPostgres,
  tempDir,
  waitUntil,
  type DatabaseServer,
  type TempDir,
} from '@lifeboat/testkit';
import { stringify } from 'yaml';

import { joinCluster } from '../../../agent/src/join/join-cluster.ts';
import { runAgent } from '../../../agent/src/run-agent.ts';
import { startServer, type RunningServer } from '../start-server.ts';
import { readCapturedStream } from './read-captured-stream.ts';

jest.setTimeout(240_000);

const DOCUMENTS = 120;
/** What `runOn` may say in these tests. */
const RUN_ON = ['server', 'node-1'] as const;

let dir: TempDir;
let catalogServer: DatabaseServer;
let server: RunningServer;

beforeAll(async () => {
  [dir, catalogServer] = await Promise.all([tempDir('lifeboat-remote-database'), startPostgres()]);
  const { host, port, user, password } = catalogServer;
  await createDatabase({ kind: 'postgresql', host, port, user, password, database: 'catalog' });
  const databaseUrl = `postgres://${user}:${password}@${host}:${port}/catalog`;
  const listening = { host: '127.0.0.1', grpcPort: 0, httpPort: 0, advertise: undefined };
  const rest = {
    vault: undefined,
    replica: undefined,
    keyFile: undefined,
    logLevel: 'error' as const,
    takeOver: false,
    pruneGraceSeconds: 86_400,
    deletionDelaySeconds: 0,
    renewProofsSeconds: 0,
  };
  server = await startServer({ ...listening, ...rest, data: dir.join('server'), databaseUrl }, silentLog);
});

afterAll(async () => {
  await server?.stop();
  await catalogServer?.stop();
  await dir?.remove();
});

/** The network between an agent and the server, which can break. */
class Wire {
  readonly #listener: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(listener: net.Server) {
    this.#listener = listener;
  }

  static async to(port: number): Promise<Wire> {
    const listener = net.createServer((agent) => {
      const upstream = net.connect(port, '127.0.0.1');
      for (const [from, to] of [
        [agent, upstream],
        [upstream, agent],
      ] as const) {
        wire.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          wire.#sockets.delete(from);
          to.destroy();
        });
      }
    });
    const wire = new Wire(listener);
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get port(): number {
    return (this.#listener.address() as net.AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#listener.close();
    this.cut();
  }
}

/** A cluster of one node, and its agent within this process. */
class Node {
  readonly cluster: ClusterRow;
  readonly wire: Wire;
  readonly #state: string;
  #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(cluster: ClusterRow, state: string, wire: Wire) {
    this.cluster = cluster;
    this.#state = state;
    this.wire = wire;
  }

  static async join(name: string, database: DatabaseDefinition): Promise<Node> {
    const { catalog } = server.services;
    const definition = { cluster: name, nodes: { 'node-1': {} }, database, sources: [] };
    const cluster = await catalog.clusters.apply(randomUUID() as ClusterId, definition);
    const authority = await CertificateAuthority.open(dir.join('server', 'identity'), systemClock);
    const { token, hash } = createJoinToken(authority.fingerprint);
    const expiresAt = new Date(Date.now() + 60_000);
    await catalog.joinTokens.create({ hash, cluster: cluster.id, node: 'node-1', expiresAt });
    const state = dir.join(`agent-${name}`);
    await joinCluster({ server: `https://127.0.0.1:${server.httpPort}`, token, state, home: dir.path });
    const wire = await Wire.to(server.grpcPort);
    const identity = path.join(state, 'identity.json');
    const joined = JSON.parse(await readFile(identity, 'utf8')) as { grpc: string };
    await writeFile(identity, JSON.stringify({ ...joined, grpc: `127.0.0.1:${wire.port}` }));
    return new Node(cluster, state, wire);
  }

  async start(mayRestore: boolean): Promise<void> {
    await writeFile(path.join(this.#state, 'agent.yaml'), stringify({ roots: [dir.path], mayRestore }));
    this.#abort = new AbortController();
    this.#running = runAgent(this.#state, silentLog, this.#abort.signal);
    this.#running.catch(() => undefined);
    const row = await server.services.catalog.nodes.byName(this.cluster.id, 'node-1');
    await waitUntil('the agent to connect', async () => server.services.effects.agents.isOnline(row!.id), {
      seconds: 20,
      everyMs: 20,
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }
}

describe.each([
  ['postgresql', () => startPostgres(), 'postgres'],
  ['mariadb', () => startMariaDb(), 'mysql'],
] as const)('%s on the agent of a node', (kind, start, scheme) => {
  let databaseServer: DatabaseServer;
  let portal: Portal;
  let node: Node;
  let definition: DatabaseDefinition;

  beforeAll(async () => {
    databaseServer = await start();
    const { host, port, user, password } = databaseServer;
    const database = { kind, host, port, user, password, database: 'lportal' };
    portal = await makePortal({
      dir: dir.join(`portal-${kind}`),
      database,
      documents: DOCUMENTS,
      ports: [await freePort(), await freePort()],
    });
    const passwordFile = dir.join(`password-${kind}`);
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const url = `${scheme}://${user}@${host}:${port}/lportal`;
    definition = { kind, url, passwordFile, runOn: 'node-1' };
    node = await Node.join(`portal-${kind}`, definition);
    await node.start(true);
  });

  afterAll(async () => {
    await node?.stop();
    node?.wire.close();
    await databaseServer?.stop();
  });

  const open = (
    runOn: (typeof RUN_ON)[number],
    operation: string = randomUUID(),
    signal?: AbortSignal,
  ): Promise<DatabaseOperator> =>
    server.services.effects.openDatabase(
      node.cluster,
      { ...definition, runOn },
      { operation, epoch: () => 1, signal },
    );

  const query = async (sql: string) => {
    const session = await openDatabase(portal.database, 1);
    try {
      return await session.query(sql);
    } finally {
      await session.close();
    }
  };

  const dumpBytes = async (root: Buffer): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const piece of await readCapturedStream(server.services.vault, node.cluster.id, root)) {
      pieces.push(piece as Buffer);
    }
    return Buffer.concat(pieces);
  };

  /** A restore under way of this dump: the agent may read the vault for it. */
  const restoreOf = async (root: Buffer): Promise<string> => {
    const { catalog } = server.services;
    const set = await catalog.sets.create({
      id: randomUUID() as SetId,
      cluster: node.cluster.id,
      requestedBy: 'test',
    });
    const plan: RestorePlan = {
      plan: randomUUID(),
      set: set.id,
      cluster: node.cluster.name,
      createdAt: new Date().toISOString(),
      slices: [],
      database: { runOn: 'node-1', engine: kind, name: 'lportal', root: root.toString('hex'), bytes: 1 },
      warnings: [],
    };
    await catalog.plans.create(plan, node.cluster.id);
    const id = randomUUID() as RestoreId;
    const row = { id, plan: plan.plan as PlanId, cluster: node.cluster.id, set: set.id, requestedBy: 'test' };
    await catalog.restores.create(row);
    return id;
  };

  /** The restore is over: nobody downloads for it any more, and the next may begin. */
  const end = async (restore: string): Promise<void> => {
    await server.services.catalog.restores.update(restore as RestoreId, 'requested', 'aborted');
  };

  it('is probed with the same result as from the server', async () => {
    const [here, there] = await Promise.all(RUN_ON.map(async (runOn) => (await open(runOn)).probe()));
    expect(there).toEqual(here);
    expect(there?.counts.tables).toBeGreaterThan(3);
    expect(await (await open('node-1')).exists()).toBe(true);
  });

  it('shows the same rows at the pin, and dumps what a dump on the server holds', async () => {
    const taken = [];
    for (const runOn of RUN_ON) {
      const pin = await (await open(runOn)).pin();
      const rows = await collect(pin.documents());
      const dump = pin.dump();
      const second = await dump.secondLook;
      const secondRows = second === undefined ? undefined : await collect(second);
      dump.goOn();
      const { capture, report } = await dump.finished;
      await pin.release();
      taken.push({ rows, secondRows, report, capture, bytes: await dumpBytes(capture.root) });
    }
    const [here, there] = taken as [(typeof taken)[0], (typeof taken)[0]];
    expect(there.rows.length).toBeGreaterThan(DOCUMENTS);
    expect(sorted(there.rows)).toEqual(sorted(here.rows));
    expect(there.secondRows === undefined).toBe(kind === 'postgresql');
    expect(sorted(there.secondRows ?? [])).toEqual(sorted(here.secondRows ?? []));
    expect(sorted([...there.report.documents])).toEqual(sorted([...here.report.documents]));
    const { documents: _, openedAt, closedAt, position, ...report } = there.report;
    expect(openedAt.getTime()).toBeLessThanOrEqual(closedAt.getTime());
    expect(typeof position).toBe(typeof here.report.position);
    const {
      documents: _here,
      openedAt: _from,
      closedAt: _to,
      position: _position,
      ...expected
    } = here.report;
    expect(report).toEqual(expected);
    expect(report).toMatchObject({ ddlDuringDump: false, doubts: [] });
    expect(withoutMoment(there.bytes)).toEqual(withoutMoment(here.bytes));
    expect(Number(there.capture.bytes)).toBe(there.bytes.length);
  });

  it('comes back from its dump: loaded by the agent, switched, switched back, switched again, finalized', async () => {
    const { root, report } = await dumpOf(await open('node-1'));
    const restore = await restoreOf(root);
    const [{ versions }] = (await query('select count(*) as versions from DLFileVersion')) as [
      { versions: unknown },
    ];
    await query('delete from DLFileVersion');
    const operator = await open('node-1', restore);

    const loaded = await operator.load(root, restore, report.counts);
    expect(loaded.counts).toMatchObject({ tables: report.counts.tables, rows: report.counts.rows });
    await operator.fence();
    expect((await operator.switchTo(restore)).millis).toBeGreaterThanOrEqual(0);
    await operator.unfence();
    expect(await query('select count(*) as versions from DLFileVersion')).toEqual([{ versions }]);

    await operator.fence();
    await operator.switchBack(restore);
    await operator.unfence();
    expect(await query('select * from DLFileVersion')).toEqual([]);

    await operator.fence();
    await operator.switchTo(restore);
    await operator.unfence();
    await operator.finalize(restore);
    expect(await query('select count(*) as versions from DLFileVersion')).toEqual([{ versions }]);
    await end(restore);
  });

  it('is discarded when it was loaded for nothing', async () => {
    const { root, report } = await dumpOf(await open('server'));
    const restore = await restoreOf(root);
    const operator = await open('node-1', restore);
    await operator.load(root, restore, report.counts);
    await operator.discardStaged(restore);
    await expect(operator.switchTo(restore)).rejects.toMatchObject({ code: 'DATABASE_SWITCH_FAILED' });
    await operator.unfence();
    await operator.discardStaged(restore);
    await end(restore);
    // Only a restore under way opens the vault to the agent.
    await expect(operator.load(root, restore, report.counts)).rejects.toMatchObject({
      code: 'NOT_AUTHORISED',
    });
    await operator.discardStaged(restore);
  });

  it('ends its dump when the set is cancelled, and is ready for the next', async () => {
    const abort = new AbortController();
    const pin = await (await open('node-1', randomUUID(), abort.signal)).pin();
    const dump = pin.dump();
    abort.abort();
    await expect(dump.finished).rejects.toMatchObject({ code: 'CANCELLED' });
    await dump.cancel();
    await pin.release();
    await expect(collect(pin.documents())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await dumpOf(await open('node-1'))).report.documents.length).toBeGreaterThan(0);
  });

  it('goes on where it was when the connection breaks: the snapshot is held, dump and load resume', async () => {
    const pin = await (await open('node-1')).pin();
    const before = await collect(pin.documents());
    node.wire.cut();
    expect(sorted(await collect(pin.documents()))).toEqual(sorted(before));
    const dump = pin.dump();
    node.wire.cut();
    const { capture, report } = await dump.finished;
    await pin.release();
    expect(sorted([...report.documents])).toEqual(sorted(before));

    const restore = await restoreOf(capture.root);
    const operator = await open('node-1', restore);
    const loading = operator.load(capture.root, restore, report.counts);
    node.wire.cut();
    expect((await loading).counts).toMatchObject({ rows: report.counts.rows });
    await operator.discardStaged(restore);
    await end(restore);
  });

  it('tells so when its agent was restarted under a snapshot', async () => {
    const operator = await open('node-1');
    const pin = await operator.pin();
    await node.stop();
    await node.start(true);
    await expect(collect(pin.documents())).rejects.toMatchObject({
      code: 'DATABASE_DUMP_FAILED',
      guidance: expect.stringContaining('restarted'),
    });
    await expect(pin.dump().finished).rejects.toMatchObject({ code: 'DATABASE_DUMP_FAILED' });
    await pin.release();
    expect((await dumpOf(operator)).report.counts.rows).toBeGreaterThan(0);
  });

  it('says what is wrong with the password file of its own host, and never what is in it', async () => {
    const file = dir.join(`two-lines-${kind}`);
    await writeFile(file, 'first-line\nsecond-line\n');
    const wrong = { ...definition, passwordFile: file };
    const { effects } = server.services;
    const operator = await effects.openDatabase(node.cluster, wrong, {
      operation: randomUUID(),
      epoch: () => 1,
    });
    const refused = operator.probe();
    await expect(refused).rejects.toMatchObject({ code: 'USAGE' });
    await expect(refused).rejects.not.toThrow(/first-line|second-line/);
  });

  it('is looked at and dumped by a node that may not restore, and by it never replaced', async () => {
    await node.stop();
    await node.start(false);
    const { root, report } = await dumpOf(await open('node-1'));
    const restore = await restoreOf(root);
    const operator = await open('node-1', restore);
    const refused = { code: 'RESTORE_REFUSED' };
    await expect(operator.load(root, restore, report.counts)).rejects.toMatchObject(refused);
    await expect(operator.fence()).rejects.toMatchObject(refused);
    await expect(operator.switchTo(restore)).rejects.toMatchObject(refused);
    await expect(operator.switchBack(restore)).rejects.toMatchObject(refused);
    await expect(operator.finalize(restore)).rejects.toMatchObject(refused);
    await operator.unfence();
    await operator.discardStaged(restore);
    await end(restore);
  });

  it('leaves no password and no dump in the state of its agent', async () => {
    const { password } = databaseServer;
    const entries = await readdir(dir.join(`agent-portal-${kind}`), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const file = path.join(entry.parentPath, entry.name);
      expect([file, (await readFile(file)).includes(password)]).toEqual([file, false]);
    }
  });
});

it('a database on a node that never joined is not opened', async () => {
  const { catalog, effects } = server.services;
  const database = { kind: 'postgresql', url: 'postgres://a@b/c', runOn: 'node-1' } as const;
  const definition = { cluster: 'empty', nodes: { 'node-1': {} }, database, sources: [] };
  const cluster = await catalog.clusters.apply(randomUUID() as ClusterId, definition);
  const opening = effects.openDatabase(cluster, database, { operation: randomUUID(), epoch: () => 1 });
  await expect(opening).rejects.toMatchObject({ code: 'NODE_OFFLINE' });
});

async function dumpOf(operator: DatabaseOperator) {
  const pin: DatabasePin = await operator.pin();
  const dump = pin.dump();
  dump.goOn();
  const { capture, report } = await dump.finished;
  await pin.release();
  return { root: capture.root, report };
}

async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function sorted(rows: readonly DocumentRow[]): string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
}

/** A dump says when it was made: PostgreSQL's in its first bytes, MariaDB's in its last line. */
function withoutMoment(dump: Buffer): string {
  const archive = dump.subarray(0, 5).toString() === 'PGDMP';
  return archive
    ? dump.toString('latin1', 64)
    : dump
        .toString('latin1')
        .replace(/^-- Dump completed on .*$/m, '')
        .replace(/^-- CHANGE MASTER TO .*$/m, '');
}
