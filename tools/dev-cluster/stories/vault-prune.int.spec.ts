import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { directory, makeTree, seededBytes, tempDir, type TempDir } from '@lifeboat/testkit';

import { checkVault, PathCluster } from './path-cluster.fixture.ts';
import { copyTree, packsOf, rsyncDifferences } from './witness.fixture.ts';

interface Pruned {
  readonly state: string;
  readonly failure: { readonly code: string; readonly guidance?: string } | null;
  readonly figures: {
    readonly packs: { readonly removed: number };
    readonly bytes: { readonly freed: number };
  };
}

const MIB = 1024 * 1024;

let dir: TempDir;
let server: ServerProcess;
let cluster: PathCluster;

beforeAll(async () => {
  dir = await tempDir('story-prune');
  server = await ServerProcess.start(dir.join('server'), { args: ['--prune-grace-seconds', '0'] });
  cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
});

afterAll(async () => {
  await cluster?.stop();
  await server?.stop();
  await dir.remove();
});

it('a set that is deleted gives its space back, and the others come back as they were', async () => {
  await makeTree(cluster.tree, {
    stays: directory({ a: 'a', b: seededBytes('b', MIB) }),
    'goes.bin': seededBytes('goes', 8 * MIB),
  });
  const { set: first } = await cluster.seal();
  await rm(path.join(cluster.tree, 'goes.bin'));
  await writeFile(path.join(cluster.tree, 'c'), 'c');
  await cluster.seal();
  await writeFile(path.join(cluster.tree, 'd'), 'd');
  const { set: last } = await cluster.seal();
  await copyTree(cluster.tree, dir.join('witness'));

  expect(await server.cli('set', 'delete', last, '--yes')).toMatchObject({ code: 6 });
  expect(await server.cli('set', 'delete', first, '--reason', 'too old', '--yes')).toMatchObject({ code: 0 });
  expect((await server.cli('set', 'show', first)).stderr).toContain('too old');
  const before = (await packsOf(server)).length;

  expect(await server.json<Pruned>('vault', 'prune', '--yes')).toMatchObject({ state: 'done' });
  const asked = await server.cli('vault', 'prune', '--yes', '--json');
  expect(asked.code).toBe(1);
  expect(JSON.parse(asked.stdout)).toMatchObject({ state: 'failed', failure: { code: 'CONFLICT' } });
  expect((await packsOf(server)).length).toBe(before);

  const pruned = await server.json<Pruned>('vault', 'prune', '--allow-large', '--yes');
  expect(pruned.figures.bytes.freed).toBeGreaterThan(8 * MIB);
  expect(await checkVault(server)).toMatchObject({ exit: 0, sets: 2, findings: [] });
  await writeFile(path.join(cluster.tree, 'd'), 'something else');
  await cluster.restore(last);
  expect(await rsyncDifferences(dir.join('witness'), cluster.tree)).toBe('');
});
