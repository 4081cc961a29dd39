import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { file, makeTree, runProcess, seededBytes, tempDir, type TempDir } from '@lifeboat/testkit';

import { checkVault, isRoot, PathCluster, type TakenSet } from './path-cluster.fixture.ts';
import { copyTree, rsyncDifferences, tool } from './witness.fixture.ts';

const MIB = 1 << 20;
const why = isRoot && (await canMount()) ? undefined : 'skipped: needs the right to mount a tmpfs';

(why === undefined ? describe : describe.skip)(`a vault whose disk is full${why ? ` (${why})` : ''}`, () => {
  let dir: TempDir;
  let disk: string;
  let server: ServerProcess;
  let cluster: PathCluster;
  let first: TakenSet;

  beforeAll(async () => {
    dir = await tempDir('story-full');
    disk = dir.join('disk');
    await mkdir(disk);
    await tool('mount', ['-t', 'tmpfs', '-o', 'size=48m,mode=755', 'tmpfs', disk]);
    // Packs still open lie with the server's data, so these fill up as well.
    await mkdir(dir.join('server'));
    await mkdir(path.join(disk, 'work'));
    await mkdir(path.join(disk, 'vault'));
    await tool('ln', ['-s', path.join(disk, 'work'), dir.join('server', 'work')]);
    const env = { LIFEBOAT_VAULT: `file://${disk}/vault` };
    server = await ServerProcess.start(dir.join('server'), { env });
    cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
    await makeTree(cluster.tree, { one: file(seededBytes('one', 8 * MIB)) });
    first = await cluster.seal();
    await copyTree(cluster.tree, dir.join('expected'));
  });

  afterAll(async () => {
    await cluster?.stop();
    await server?.stop();
    await runProcess('umount', [disk]);
    await dir.remove();
  });

  it('fails the set and says what to do; the server and the sets before live on', async () => {
    await writeFile(path.join(cluster.tree, 'too much'), seededBytes('too much', 60 * MIB));
    const { state, failure } = await cluster.take();
    expect(state).toBe('failed');
    expect(failure?.code).toBe('VAULT_FULL');
    expect(failure?.guidance).toMatch(/free|space|larger/i);
    expect(await server.json('set', 'show', first.set)).toMatchObject({
      state: expect.stringMatching(/sealed|proved/),
    });
    expect(await checkVault(server)).toMatchObject({ exit: 0, findings: [] });
  }, 120_000);

  it('takes the next set as soon as there is room', async () => {
    await tool('mount', ['-o', 'remount,size=300m', disk]);
    await cluster.seal();
    expect(await checkVault(server)).toMatchObject({ exit: 0, findings: [] });
  }, 120_000);

  it('gives back what was sealed before it was full', async () => {
    await writeFile(path.join(cluster.tree, 'one'), 'overwritten');
    await cluster.restore(first.set);
    expect(await rsyncDifferences(dir.join('expected'), cluster.tree)).toBe('');
  });
});

async function canMount(): Promise<boolean> {
  const { code } = await runProcess('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return code === 0;
}
