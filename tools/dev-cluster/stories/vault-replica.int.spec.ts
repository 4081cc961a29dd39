import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { directory, makeTree, seededBytes, tempDir, waitUntil, type TempDir } from '@lifeboat/testkit';

import { OFFLINE_READERS } from './offline-readers.fixture.ts';
import { checkVault, PathCluster, vaultOf } from './path-cluster.fixture.ts';
import { copyTree, packsOf, rsyncDifferences } from './witness.fixture.ts';

interface VaultFigures {
  readonly replica: {
    readonly behind: { readonly packs: number; readonly sets: number };
    readonly lastSet: string | null;
    readonly problem: string | null;
  };
}

let dir: TempDir;
let server: ServerProcess;
let cluster: PathCluster;
let set: string;

beforeAll(async () => {
  dir = await tempDir('story-replica');
  const args = ['--replica', `file://${dir.join('replica')}`];
  server = await ServerProcess.start(dir.join('server'), { args });
  cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
  await makeTree(cluster.tree, {
    a: directory({ small: 'small', large: seededBytes('large', 3_000_000) }),
    z: seededBytes('z', 100_000),
  });
  await copyTree(cluster.tree, dir.join('witness'));
  ({ set } = await cluster.seal());
  await cluster.proved(set);
});

afterAll(async () => {
  await cluster?.stop();
  await server?.stop();
  await dir.remove();
});

it('a sealed set is in the replica soon after, whole, and vault show says so', async () => {
  await waitUntil('the set in the replica', async () => {
    const { replica } = await server.json<VaultFigures>('vault', 'show');
    expect(replica.problem).toBeNull();
    return replica.lastSet === set;
  });
  const { replica } = await server.json<VaultFigures>('vault', 'show');
  expect(replica.behind).toMatchObject({ packs: 0, sets: 0 });
  const [pack = ''] = await packsOf(server);
  const copy = path.join(dir.join('replica'), path.relative(vaultOf(server), pack));
  expect((await readFile(copy)).equals(await readFile(pack))).toBe(true);
});

it('a pack that the vault has lost comes back from it', async () => {
  const [pack = ''] = await packsOf(server);
  const whole = await readFile(pack);
  await rm(pack);
  await writeFile(pack, whole.subarray(0, 10_000));
  expect((await checkVault(server)).exit).toBe(1);
  const { report } = await server.json<{ report: unknown }>('vault', 'repair', '--yes');
  expect(report).toMatchObject({ chunks: { salvaged: 0, lost: 0 }, sets: [{ set, state: 'mended' }] });
  expect((await readFile(pack)).equals(whole)).toBe(true);
  expect(await checkVault(server)).toMatchObject({ exit: 0, findings: [] });
});

it.each(Object.entries(OFFLINE_READERS))(
  'when the vault is gone, %s reads the replica',
  async (name, reader) => {
    const key = path.join(server.data, 'keys', 'root.key');
    await rm(vaultOf(server), { recursive: true, force: true });
    expect((await reader.verify(dir.join('replica'), key)).code).toBe(0);
    const to = dir.join(`restored by ${name.replaceAll(/\W/g, '-')}`);
    expect((await reader.extract(dir.join('replica'), ['--key', key], to)).code).toBe(0);
    const [tree = ''] = await readdir(path.join(to, 'node-1'));
    expect(await rsyncDifferences(dir.join('witness'), path.join(to, 'node-1', tree))).toBe('');
  },
);
