import { existsSync } from 'node:fs';
import { lstat, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import {
  directory,
  file,
  makeTree,
  seededBytes,
  symlink as link,
  tempDir,
  type TempDir,
} from '@lifeboat/testkit';

import { PathCluster, type DoneRestore } from './path-cluster.fixture.ts';
import { copyTree, rsyncDifferences, tool } from './witness.fixture.ts';

describe('a restore into a place where something stands', () => {
  let dir: TempDir;
  let server: ServerProcess;
  let cluster: PathCluster;
  let set: string;
  const at = (name: string) => path.join(cluster.tree, name);
  const aside = () => path.join(cluster.tree, '.lifeboat');

  beforeAll(async () => {
    dir = await tempDir('story-occupied');
    server = await ServerProcess.start(dir.join('server'));
    cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
    await makeTree(cluster.tree, {
      kept: 'as it was',
      changed: file(seededBytes('changed', 300_000)),
      deleted: directory({ deep: directory({ file: 'x' }) }),
      'was a file': 'x',
      'was a directory': directory({ inside: 'x' }),
      'was a link': link('kept'),
      'was a full directory': directory({ a: 'a', b: directory({ c: 'c' }) }),
    });
    await copyTree(cluster.tree, dir.join('in-the-set'));
    ({ set } = await cluster.seal());
  });

  afterAll(async () => {
    await cluster?.stop();
    await server?.stop();
    await dir.remove();
  });

  it('ends exactly as the set, whatever stood there', async () => {
    await occupy();
    const done = await cluster.restore(set);
    expect(await rsyncDifferences(dir.join('in-the-set'), cluster.tree)).toBe('');
    await rollBack(done);
  });

  it('is rolled back to the very bytes, times and kinds that stood there before', async () => {
    await occupy();
    await copyTree(cluster.tree, dir.join('occupied'));
    await rollBack(await cluster.restore(set));
    expect(await rsyncDifferences(dir.join('occupied'), cluster.tree)).toBe('');
  });

  it('keeps the old data aside until it is finalized; then there is no way back and nothing left of it', async () => {
    await occupy();
    const { restore } = await cluster.restore(set);
    expect(await tool('grep', ['-rl', 'stands in the way', aside()])).not.toBe('');
    await server.json('restore', 'finalize', restore);
    expect(existsSync(aside())).toBe(false);
    expect(await rsyncDifferences(dir.join('in-the-set'), cluster.tree)).toBe('');
    const { code } = await server.cli('restore', 'roll-back', restore, '--wait', '--json');
    expect(code).not.toBe(0);
    expect(await rsyncDifferences(dir.join('in-the-set'), cluster.tree)).toBe('');
  });

  it('goes through a link that stands at the root of the tree, which stays', async () => {
    const real = dir.join('cluster', 'moved');
    await rename(cluster.tree, real);
    await symlink(real, cluster.tree);
    await writeFile(at('kept'), 'no more');
    const { restore } = await cluster.restore(set);
    await server.json('restore', 'finalize', restore);
    expect((await lstat(cluster.tree)).isSymbolicLink()).toBe(true);
    expect(await rsyncDifferences(dir.join('in-the-set'), real)).toBe('');
    await rm(cluster.tree);
    await rename(real, cluster.tree);
  });

  it('makes the root of the tree when nothing stands there at all', async () => {
    await rm(cluster.tree, { recursive: true });
    const { restore } = await cluster.restore(set);
    await server.json('restore', 'finalize', restore);
    expect(await rsyncDifferences(dir.join('in-the-set'), cluster.tree)).toBe('');
  });

  it('refuses a file at the root of the tree, and leaves it', async () => {
    await rename(cluster.tree, dir.join('put-away'));
    await writeFile(cluster.tree, 'a file');
    const { code, stdout } = await server.cli('restore', 'plan', '--set', set, '--json');
    const end = code === 0 ? (await cluster.run(JSON.parse(stdout).plan)).state : 'not planned';
    expect(['not planned', 'aborted']).toContain(end);
    expect((await lstat(cluster.tree)).isFile()).toBe(true);
    await rm(cluster.tree);
    await rename(dir.join('put-away'), cluster.tree);
  });

  async function occupy(): Promise<void> {
    await rm(cluster.tree, { recursive: true });
    await copyTree(dir.join('in-the-set'), cluster.tree);
    await writeFile(at('changed'), 'stands in the way');
    await rm(at('deleted'), { recursive: true });
    for (const name of ['was a file', 'was a directory', 'was a link', 'was a full directory'])
      await rm(at(name), { recursive: true });
    await makeTree(cluster.tree, {
      'was a file': directory({ 'stands in the way': directory({ x: 'x' }) }),
      'was a directory': 'stands in the way',
      'was a link': directory({ x: 'stands in the way' }),
      'was a full directory': link('/etc'),
      'never was': directory({ deep: directory({ x: 'stands in the way' }) }),
      'never was either': link('never was'),
    });
    await mkdir(at('.never'));
  }

  async function rollBack({ restore }: DoneRestore): Promise<void> {
    const { state } = await server.json<DoneRestore>('restore', 'roll-back', restore, '--wait');
    expect(state).toBe('rolled-back');
  }
});
