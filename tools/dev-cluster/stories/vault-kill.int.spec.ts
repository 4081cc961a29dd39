import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { file, makeTree, seededBytes, seededRandom, tempDir, type TempDir } from '@lifeboat/testkit';

import { checkVault, PathCluster, startAgain, type TakenSet } from './path-cluster.fixture.ts';
import { copyTree, packsOf, rsyncDifferences, tool } from './witness.fixture.ts';

const KILLS = 5;

describe('a server that is killed again and again while sets are taken', () => {
  let dir: TempDir;
  let cluster: PathCluster;

  beforeAll(async () => {
    dir = await tempDir('story-kill');
    const server = await ServerProcess.start(dir.join('server'));
    cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
    await makeTree(
      cluster.tree,
      Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`steady-${i}`, file(seededBytes(i, 1_000_000))]),
      ),
    );
  });

  afterAll(async () => {
    await cluster?.stop();
    await cluster?.server.stop();
    await dir.remove();
  });

  it('loses no set that was reported sealed, and leaves a vault without a finding', async () => {
    const random = seededRandom(`kill ${process.pid}`);
    const reported: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      await writeFile(path.join(cluster.tree, 'changing'), seededBytes(kill, 10_000_000));
      // The first is killed soon after its request, the later ones later: on their way, at the seal, after it.
      const delay = 400 + (kill / KILLS) * 1500 + random.integer(500);
      const taking = cluster.take().catch(() => undefined);
      await sleep(delay);
      await cluster.server.kill();
      cluster.server = await startAgain(cluster.server);
      // The command waits for the server to come back, and then tells what became of its set.
      reported.push(...sealed(await taking));
      await cluster.server.waitForNodes(cluster.name, 1, 60);

      const listed = await cluster.server.json<TakenSet[]>('set', 'list');
      const there = listed.flatMap(sealed);
      expect(there).toEqual(expect.arrayContaining(reported));
      expect(listed.filter(({ state }) => !['sealed', 'proved', 'failed'].includes(state))).toEqual([]);
    }
    const last = await cluster.seal();
    expect(await checkVault(cluster.server)).toMatchObject({ exit: 0, findings: [] });
    for (const pack of await packsOf(cluster.server)) {
      expect((await tool('sha256sum', [pack])).split(' ')[0]).toBe(path.basename(pack));
    }

    // The unbroken part was sent once, however often its sets were broken off.
    expect(last.bytes.wire).toBeLessThan(12_000_000);
    await copyTree(cluster.tree, dir.join('expected'));
    await writeFile(path.join(cluster.tree, 'steady-3'), 'gone');
    await cluster.restore(last.set);
    expect(await rsyncDifferences(dir.join('expected'), cluster.tree)).toBe('');
  }, 180_000);
});

function sealed(set: TakenSet | undefined): string[] {
  return set !== undefined && (set.state === 'sealed' || set.state === 'proved') ? [set.set] : [];
}
