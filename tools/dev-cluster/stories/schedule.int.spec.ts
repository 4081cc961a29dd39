import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { makeTree, tempDir, waitUntil, type TempDir } from '@lifeboat/testkit';

import { PathCluster } from './path-cluster.fixture.ts';

interface ListedSet {
  readonly set: string;
  readonly state: string;
  readonly requestedBy: string;
  readonly droppedAt: string | null;
}

let dir: TempDir;
let server: ServerProcess;
let cluster: PathCluster;

beforeAll(async () => {
  dir = await tempDir('story-schedule');
  server = await ServerProcess.start(dir.join('server'), { args: ['--deletion-delay-seconds', '1'] });
  cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
});

afterAll(async () => {
  await cluster?.stop();
  await server?.stop();
  await dir.remove();
});

const listed = (): Promise<ListedSet[]> => server.json('set', 'list', '--cluster', cluster.name);

it('a schedule takes sets by itself, and a policy keeps what it says and what is pinned', async () => {
  await makeTree(cluster.tree, { a: 'a' });
  const { set: pinned } = await cluster.seal();
  await writeFile(path.join(cluster.tree, 'b'), 'b');
  const { set: second } = await cluster.seal();
  const of = ['--cluster', cluster.name];
  await server.json('set', 'pin', pinned, '--reason', 'before the upgrade', '--for', '30d');
  expect(await server.cli('set', 'delete', pinned, '--force', '--yes')).toMatchObject({ code: 6 });

  expect(await server.json('schedule', 'set', ...of, '--cron', '* * * * *')).toMatchObject({ missedRuns: 0 });
  const simulation = await server.json<{ days: { taken: number }[] }>(
    ...['policy', 'simulate', ...of, '--keep-last', '1', '--days', '1'],
  );
  expect(simulation.days.reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThanOrEqual(1439);
  expect((await listed()).map(({ set }) => set)).toEqual(expect.arrayContaining([pinned, second]));
  await server.json('policy', 'set', ...of, '--keep-last', '1', '--yes');

  // The set of the schedule takes the one place that there is; the second set is let go of, and deleted.
  const isGone = async (): Promise<boolean> => {
    const sets = await listed();
    return !sets.some(({ set }) => set === second);
  };
  await waitUntil('the set that the policy lets go of to be deleted', isGone, {
    seconds: 240,
    everyMs: 1000,
  });
  const sets = await listed();
  expect(sets.some(({ requestedBy }) => requestedBy === 'schedule')).toBe(true);
  expect(sets.some(({ set }) => set === pinned)).toBe(true);
  expect((await server.cli('set', 'show', second)).stderr).toContain('deleted by retention');

  const { nextRuns } = await server.json<{ nextRuns: string[] }>('schedule', 'remove', ...of);
  expect(nextRuns).toEqual([]);
  const audit = await server.json<{ principal: string; action: string; subject: string }[]>('audit', 'list');
  expect(audit).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ principal: 'schedule', action: 'startSet' }),
      expect.objectContaining({ principal: 'retention', action: 'dropSet', subject: second }),
      expect.objectContaining({ principal: 'retention', action: 'deleteSet', subject: second }),
    ]),
  );

  // What is pinned is in the vault, too.
  await server.json('vault', 'reindex');
  expect(await server.json('set', 'show', pinned)).toMatchObject({ pin: { reason: 'before the upgrade' } });
});
