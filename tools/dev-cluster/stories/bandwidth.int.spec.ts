import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { seededBytes, tempDir, waitUntil, type TempDir } from '@lifeboat/testkit';

import { PathCluster } from './path-cluster.fixture.ts';

const MIB = 1024 * 1024;
const TREE_BYTES = 24 * MIB;

let dir: TempDir;
let server: ServerProcess;
let cluster: PathCluster;
beforeAll(async () => {
  dir = await tempDir('story-bandwidth');
  server = await ServerProcess.start(dir.join('server'));
  const bandwidth = { limit: '8MiB/s' };
  cluster = await PathCluster.join(server, { dir: dir.join('cluster'), policy: { bandwidth } });
  await mkdir(cluster.tree, { recursive: true });
  await writeFile(path.join(cluster.tree, 'big'), seededBytes('big', TREE_BYTES));
});
afterAll(async () => {
  await cluster?.stop();
  await server?.stop();
  await dir.remove();
});

it('an agent that may send little at a time sends all of it, and the server tells what had to wait', async () => {
  expect(await cluster.seal()).toMatchObject({ guarantee: 'consistent' });
  const bandwidth = await waitUntil('the agent to tell', async () => {
    const node = await server.json<{ bandwidth: { limit: number; waitedBytes: number } }>(
      'node',
      'show',
      'node-1',
    );
    return node.bandwidth.waitedBytes > 0 ? node.bandwidth : undefined;
  });
  expect(bandwidth.limit).toBe(8 * MIB);
  expect(bandwidth.waitedBytes).toBeGreaterThan(TREE_BYTES / 2);
});
