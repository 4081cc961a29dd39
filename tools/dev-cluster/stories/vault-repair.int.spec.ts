import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { directory, makeTree, seededBytes, tempDir, type TempDir } from '@lifeboat/testkit';

import { checkVault, PathCluster, vaultOf } from './path-cluster.fixture.ts';
import { copyTree, packsOf, rsyncDifferences, tool } from './witness.fixture.ts';

interface Repaired {
  readonly state: string;
  readonly report: {
    readonly chunks: { readonly salvaged: number; readonly lost: number };
    readonly sets: readonly {
      readonly set: string;
      readonly state: string;
      readonly trees: readonly { readonly paths: readonly string[] }[];
    }[];
    readonly quarantined: readonly string[];
  };
}

const MIB = 1024 * 1024;

let dir: TempDir;
let server: ServerProcess;
let cluster: PathCluster;

let set: string;
let pack: string;

beforeAll(async () => {
  dir = await tempDir('story-repair');
  server = await ServerProcess.start(dir.join('server'));
  cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
  const small = Array.from({ length: 50 }, (_, i) => [`${i}`, seededBytes(i, 20_000)] as const);
  await makeTree(cluster.tree, {
    small: directory(Object.fromEntries(small)),
    'large.bin': seededBytes('large', 6 * MIB),
  });
  await copyTree(cluster.tree, dir.join('witness'));
  ({ set } = await cluster.seal());
  await cluster.proved(set);
  [pack = ''] = await packsOf(server);
  // In the last third of the only pack lies the large file.
  await flip(pack, Math.floor((await stat(pack)).size * 0.7));
});

afterAll(async () => {
  await cluster?.stop();
  await server?.stop();
  await dir.remove();
});

let plan: Repaired;

it('a damaged vault tells what is hit, and what a repair would do, and nothing changes', async () => {
  expect(await checkVault(server)).toMatchObject({ exit: 1 });
  const planned = await server.cli('vault', 'repair', '--read-data', '--dry-run', '--json');
  expect(planned.code).toBe(1);
  expect(await packsOf(server)).toEqual([pack]);
  plan = JSON.parse(planned.stdout) as Repaired;
  expect(plan.report.sets).toMatchObject([{ set, state: 'hit', trees: [{ paths: ['large.bin'] }] }]);
});

it('a repair does that, keeps the rest, and destroys nothing', async () => {
  const harmed = await readFile(pack);
  const repaired = await server.cli('vault', 'repair', '--read-data', '--yes', '--json');
  expect(repaired.code).toBe(1);
  const { report }: Repaired = JSON.parse(repaired.stdout);
  expect(report).toMatchObject({
    ...plan.report,
    quarantined: [expect.stringContaining(path.basename(pack))],
  });
  expect(report.chunks).toMatchObject({ lost: 1 });
  const kept = await readFile(path.join(vaultOf(server), report.quarantined[0]!));
  expect(kept.equals(harmed)).toBe(true);
  expect((await checkVault(server)).findings.map(({ kind }) => kind)).toEqual(['closure-broken']);
});

it('with the next set the node sends what was lost, although no file has changed, and the old set is whole', async () => {
  const next = await cluster.seal();
  expect(next.bytes.wire).toBeGreaterThan(MIB / 4);
  await cluster.proved(next.set);
  expect(await checkVault(server)).toMatchObject({ exit: 0, sets: 2, findings: [] });
  expect(await server.cli('vault', 'repair', '--read-data', '--yes')).toMatchObject({ code: 0 });
});

it('the old set comes back as it was', async () => {
  await tool('rm', [path.join(cluster.tree, 'large.bin'), path.join(cluster.tree, 'small', '7')]);
  await cluster.restore(set);
  expect(await rsyncDifferences(dir.join('witness'), cluster.tree)).toBe('');
});

async function flip(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  byte[0]! ^= 1;
  await handle.write(byte, 0, 1, at);
  await handle.close();
}
