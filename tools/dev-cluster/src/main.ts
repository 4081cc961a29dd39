/** `npm run dev`: a server and a small simulated cluster under its care, up until Ctrl-C. */
import { mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startPostgres } from '@lifeboat/testkit';

import { PortalCluster } from './portal-cluster.ts';
import { ServerProcess } from './server-process.ts';

const dir = path.join(os.tmpdir(), `lifeboat-dev-${process.pid}`);
await mkdir(dir, { recursive: true, mode: 0o755 });
await using closing = new AsyncDisposableStack();
closing.defer(() => rm(dir, { recursive: true, force: true }));
const database = await startPostgres();
closing.defer(() => database.stop());
const shape = { nodes: 2, documents: 200, store: 'shared', kind: 'postgresql' } as const;
const cluster = await PortalCluster.make({
  ...shape,
  name: 'portal',
  dir: path.join(dir, 'portal'),
  database,
});
closing.defer(() => cluster.stop());
const server = await ServerProcess.start(path.join(dir, 'server'));
closing.defer(() => server.stop());
await cluster.protect(server);

const { LIFEBOAT_URL, LIFEBOAT_CA } = server.operatorEnvironment;
console.log(`
A cluster of two nodes runs below ${dir}; Ctrl-C ends it.

  export LIFEBOAT_URL=${LIFEBOAT_URL} LIFEBOAT_CA=${LIFEBOAT_CA}
  export LIFEBOAT_TOKEN=$(cat ${server.data}/admin-token)
  npx lifeboat backup run --cluster portal --wait
`);
await new Promise<void>((resolve) => {
  process.once('SIGINT', () => resolve());
  process.once('SIGTERM', () => resolve());
});
