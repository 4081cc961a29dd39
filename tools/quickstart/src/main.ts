import { mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PortalCluster, problemsOf, ServerProcess } from '@lifeboat/dev-cluster';
import { isWhole } from '@lifeboat/portal-simulator';
import { startMariaDb, startPostgres } from '@lifeboat/testkit';

import { formatBytes, say, table } from './report.ts';
import { rescue, type Rescue } from './rescue.ts';

const { values } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, documents: { type: 'string', default: '2000' } },
});
const documents = Number(values.documents);
const dir = path.join(os.tmpdir(), `lifeboat-quickstart-${process.pid}`);
await mkdir(dir, { recursive: true, mode: 0o755 });
await using closing = new AsyncDisposableStack();
closing.defer(() => rm(dir, { recursive: true, force: true }));

say('starting PostgreSQL and MariaDB on free loopback ports');
const [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
closing.defer(() => postgres.stop());
closing.defer(() => mariadb.stop());

say(`making two simulated clusters of two nodes, ${documents} documents each`);
const shape = { nodes: 2, documents };
const clusters = await Promise.all([
  PortalCluster.make({
    ...shape,
    name: 'portal-pg',
    dir: path.join(dir, 'pg'),
    kind: 'postgresql',
    database: postgres,
    store: 'home',
  }),
  PortalCluster.make({
    ...shape,
    name: 'portal-maria',
    dir: path.join(dir, 'maria'),
    kind: 'mariadb',
    database: mariadb,
    store: 'shared',
  }),
]);
for (const cluster of clusters) closing.defer(() => cluster.stop());

say('starting lifeboat-server and joining four agents');
const server = await ServerProcess.start(path.join(dir, 'server'));
closing.defer(() => server.stop());
for (const cluster of clusters) await cluster.protect(server);

const rescues: Rescue[] = [];
try {
  for (const cluster of clusters) rescues.push(await rescue(server, cluster));
} catch (error) {
  process.stderr.write(`\nlifeboat-server:\n${problemsOf(server.process)}\n`);
  for (const agent of clusters.flatMap((cluster) => cluster.agents)) {
    process.stderr.write(`\nlifeboat-agent in ${agent.state}:\n${problemsOf(agent.process)}\n`);
  }
  throw error;
}

const whole = rescues.every(({ restore, check }) => restore.state === 'completed' && isWhole(check));
process.stdout.write(`\n${describe(rescues)}\n\n`);
process.stdout.write(whole ? 'Every document is back.\n' : 'NOT every document is back.\n');
process.exitCode = whole ? 0 : 1;
if (values.keep) await keepRunning();

function describe(all: readonly Rescue[]): string {
  const rows: [string, (one: Rescue) => string][] = [
    ['guarantee of the set under load', ({ first }) => first.guarantee],
    [
      'document versions at T, resolved',
      ({ statement }) => `${statement.documents?.rows}, ${statement.documents?.resolved}`,
    ],
    ['fence', ({ statement }) => `${statement.fence?.millis} ms`],
    [
      'first set: read, sent, time',
      ({ first }) => `${formatBytes(first.bytes.read)}, ${formatBytes(first.bytes.wire)}, ${first.millis} ms`,
    ],
    [
      'second set: read, sent, time',
      ({ second }) =>
        `${formatBytes(second.bytes.read)}, ${formatBytes(second.bytes.wire)}, ${second.millis} ms`,
    ],
    [
      'second set sends, of the first',
      ({ first, second }) => `${((100 * second.bytes.wire) / first.bytes.wire).toFixed(1)} %`,
    ],
    [
      'restore: staged, switched, in all',
      ({ restore }) => `${restore.stageMillis} ms, ${restore.switchMillis} ms, ${restore.millis} ms`,
    ],
    [
      'documents after the restore',
      ({ check }) =>
        `${check.present} of ${check.rows}, ${check.missing.length} missing, ${check.wrong.length} wrong`,
    ],
    ['images after the restore', ({ check }) => `${check.images.present} of ${check.images.rows}`],
  ];
  return table([
    ['', ...all.map((one) => one.cluster)],
    ...rows.map(([label, cell]) => [label, ...all.map(cell)]),
  ]);
}

/** `--keep`: everything stays up to be tried, until Ctrl-C. */
async function keepRunning(): Promise<void> {
  const { LIFEBOAT_URL, LIFEBOAT_CA } = server.operatorEnvironment;
  process.stdout.write(`
Still running below ${dir}; Ctrl-C ends it. To try:

  export LIFEBOAT_URL=${LIFEBOAT_URL} LIFEBOAT_CA=${LIFEBOAT_CA}
  export LIFEBOAT_TOKEN=$(cat ${server.data}/admin-token)
  npx lifeboat cluster list
  npx lifeboat set list --cluster portal-pg
  npx lifeboat set browse $(npx lifeboat set list --cluster portal-pg --json | node -p 'JSON.parse(require("fs").readFileSync(0))[0].set')
  npx lifeboat backup run --cluster portal-maria --wait
  npx lifeboat vault check --read-data

portals: ${clusters.flatMap((cluster) => cluster.portal.nodes.map((node) => `http://127.0.0.1:${node.port}/`)).join(' ')}
`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
