import { appendFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { directory, file, makeTree, seededBytes, tempDir, waitUntil, type TempDir } from '@lifeboat/testkit';

import { checkVault, PathCluster, startAgain } from './path-cluster.fixture.ts';
import { copyTree, rsyncDifferences } from './witness.fixture.ts';

describe('the catalog is lost', () => {
  let dir: TempDir;
  let server: ServerProcess;
  let cluster: PathCluster;
  const sets: string[] = [];
  let before: unknown;

  beforeAll(async () => {
    dir = await tempDir('story-reindex');
    server = await ServerProcess.start(dir.join('server'));
    cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
    await makeTree(cluster.tree, {
      sub: directory({ 'a file': 'first', other: seededBytes('other', 100_000) }),
      big: file(seededBytes('big', 12_000_000)),
    });
    sets.push((await cluster.seal()).set);
    await appendFile(path.join(cluster.tree, 'sub', 'a file'), ', second');
    sets.push((await cluster.seal()).set);
    await copyTree(cluster.tree, dir.join('expected'));
    await allProved();
    before = await everythingSaid();

    await server.stop();
    await rm(path.join(server.data, 'catalog'), { recursive: true });
    server = cluster.server = await startAgain(server);
  });

  afterAll(async () => {
    await cluster?.stop();
    await server?.stop();
    await dir.remove();
  });

  it('and an agent that asks meanwhile goes on asking', async () => {
    await cluster.agent.process.waitForLine(/knows no node at all/, 60);
  });

  it('and one reindex brings back what was known of every set: list, details, statements, contents', async () => {
    expect(await server.json('set', 'list')).toEqual([]);
    const found = await server.json('vault', 'reindex');
    expect(found).toMatchObject({ clusters: 1, sets: sets.length });
    await allProved();
    expect(withoutProofTimes(await everythingSaid())).toEqual(withoutProofTimes(before));
    expect(await checkVault(server)).toMatchObject({ exit: 0, findings: [], sets: sets.length });
  });

  it('and what changed between two of them', async () => {
    const { stdout } = await server.cli('set', 'diff', sets[0]!, sets[1]!, '--json');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([
      { change: 'changed', path: expect.stringMatching(/\/sub\/a file$/), aspects: ['content', 'modified'] },
      { summary: { added: 0, removed: 0, changed: 1 } },
    ]);
  });

  it('the agent comes back by itself, without a new join', async () => {
    await server.waitForNodes(cluster.name, 1, 60);
  });

  it('a second reindex finds everything known and changes nothing', async () => {
    const now = await everythingSaid();
    await server.json('vault', 'reindex');
    expect(await everythingSaid()).toEqual(now);
  });

  it('the next set is an incremental one, and its number follows', async () => {
    await appendFile(path.join(cluster.tree, 'sub', 'a file'), ', third');
    const { set, bytes } = await cluster.seal();
    expect(bytes.wire).toBeLessThan(50_000);
    expect(await server.json('set', 'show', set)).toMatchObject({ sequence: sets.length + 1 });
    expect(await checkVault(server)).toMatchObject({ exit: 0, findings: [] });
  });

  it('a set from before can be restored', async () => {
    await rm(path.join(cluster.tree, 'big'));
    await cluster.restore(sets[1]!);
    expect(await rsyncDifferences(dir.join('expected'), cluster.tree)).toBe('');
  });

  /** What was found is read back before it counts. */
  async function allProved(): Promise<void> {
    const states = async () =>
      (await server.json<{ state: string }[]>('set', 'list')).map(({ state }) => state);
    await waitUntil('all sets to be proved', async () =>
      (await states()).every((state) => state === 'proved'),
    );
  }

  async function everythingSaid(): Promise<unknown> {
    const contents = async (set: string, at = ''): Promise<unknown[]> => {
      const { entries } = await server.json<{ entries: { path: string; type: string }[] }>(
        'set',
        'browse',
        set,
        at,
      );
      const below = entries.filter(({ type }) => type === 'tree' || type === 'directory');
      return [entries, ...(await Promise.all(below.map((entry) => contents(set, entry.path))))];
    };
    return {
      list: await server.json('set', 'list'),
      details: await Promise.all(sets.map((set) => server.json('set', 'show', set))),
      statements: await Promise.all(sets.map((set) => server.json('set', 'statement', set))),
      contents: await Promise.all(sets.map((set) => contents(set))),
    };
  }
});

/** When a set was proved is not in the vault: it was proved again. */
function withoutProofTimes(said: unknown): unknown {
  return JSON.parse(JSON.stringify(said, (key, value: unknown) => (key === 'provedAt' ? undefined : value)));
}
