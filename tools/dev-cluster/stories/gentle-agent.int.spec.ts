import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { seededBytes, tempDir, waitUntil, type TempDir } from '@lifeboat/testkit';

import { PathCluster } from './path-cluster.fixture.ts';
import { tool } from './witness.fixture.ts';

const MIB = 1024 * 1024;
const TREE_BYTES = 24 * MIB;

let dir: TempDir;
let server: ServerProcess;
let cluster: PathCluster;
beforeAll(async () => {
  dir = await tempDir('story-bandwidth');
  server = await ServerProcess.start(dir.join('server'));
  const bandwidth = { limit: '8MiB/s' };
  cluster = await PathCluster.join(server, {
    dir: dir.join('cluster'),
    policy: { bandwidth, priority: 'low' },
  });
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

it('every thread of an agent of low priority has it, those that read and seal too', async () => {
  const { pid } = cluster.agent.process.child;
  const threads = await readdir(`/proc/${pid}/task`);
  const names = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/comm`, 'utf8')),
  );
  expect(names.filter((name) => name === 'WorkerThread\n').length).toBeGreaterThan(0);
  for (const thread of threads) {
    const status = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    // proc_pid_stat(5): niceness is the 19th field, the 17th behind the name.
    expect([thread, status.slice(status.lastIndexOf(')') + 2).split(' ')[16]]).toEqual([thread, '10']);
    expect([thread, (await tool('ionice', ['-p', thread])).trim()]).toEqual([thread, 'best-effort: prio 7']);
  }
});
