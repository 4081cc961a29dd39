import { open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import { directory, file, makeTree, runProcess, seededBytes, tempDir, type TempDir } from '@lifeboat/testkit';

import { checkVault, PathCluster, vaultOf } from './path-cluster.fixture.ts';
import { copyTree, packsOf, rsyncDifferences, tool } from './witness.fixture.ts';

/** Stands in a file, in a file's name and in a link; none of it may be readable in the vault. */
const SECRET = 'Tr0ub4dor-and-3-secret-battery-staples';

describe('a vault after a set', () => {
  let dir: TempDir;
  let server: ServerProcess;
  let cluster: PathCluster;
  let set: string;

  beforeAll(async () => {
    dir = await tempDir('story-vault');
    server = await ServerProcess.start(dir.join('server'));
    cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
    await makeTree(cluster.tree, {
      'config.properties': `jdbc.default.password=${SECRET}\n`,
      // Neither compressed nor cut, the line would be found as it is.
      'a line among noise': Buffer.concat([
        seededBytes('a', 4000),
        Buffer.from(SECRET),
        seededBytes('b', 4000),
      ]),
      [SECRET]: directory({ x: 'x' }),
      many: directory(
        Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${i}`, seededBytes(i, 20_000)])),
      ),
      big: file(seededBytes('big', 20_000_000)),
    });
    ({ set } = await cluster.seal());
    // A proof that meets a pack while it is harmed says so for good.
    await cluster.proved(set);
  });

  afterAll(async () => {
    await cluster?.stop();
    await server?.stop();
    await dir.remove();
  });

  afterEach(() => rm(dir.join('live.kept'), { recursive: true, force: true }));

  it('has packs that are named by the sha256sum of their bytes', async () => {
    const packs = await packsOf(server);
    expect(packs.length).toBeGreaterThan(0);
    for (const pack of packs) {
      const [sum] = (await tool('sha256sum', [pack])).split(' ');
      expect(sum).toBe(path.basename(pack));
    }
  });

  it('shows nothing of what it keeps: grep finds no secret and no name', async () => {
    expect(await grep(SECRET, vaultOf(server))).toBe('');
    expect(await grep('jdbc.default.password', vaultOf(server))).toBe('');
    // The witness can see: the same grep finds it in the tree.
    expect(await grep(SECRET, cluster.tree)).toContain('config.properties');
    expect(await grep(SECRET, server.data)).toBe('');
  });

  it('passes its check, every byte read', async () => {
    const data = { left: { packs: 0, bytes: 0 }, unproved: 0, oldestProof: expect.any(String) as unknown };
    expect(await checkVault(server)).toMatchObject({ exit: 0, sets: 1, findings: [], data });
  });

  const damages = [
    { damage: 'cut short', harm: halve },
    { damage: 'with one flipped bit', harm: (pack: string) => flip(pack, 0.5) },
    { damage: 'that is gone', harm: (pack: string) => rm(pack) },
  ];
  it.each(damages)('is found out over a pack $damage, and no restore touches anything', async ({ harm }) => {
    const { pack, big } = await spoil(harm);
    const { exit, findings } = await checkVault(server);
    expect(exit).toBe(1);
    expect(findings.map(({ subject }) => subject)).toContain(path.basename(pack));

    const { code, stdout } = await server.cli('restore', 'plan', '--set', set, '--json');
    const answer = JSON.parse(stdout);
    if (code === 0) {
      const done = await cluster.run(answer.plan);
      expect(done).toMatchObject({ exit: 1, state: 'aborted' });
      expect(done.failure?.guidance).toContain('vault check');
    } else expect(answer.error.code).toMatch(/^(BLOB_NOT_FOUND|CHUNK_MISSING|FORMAT_DAMAGED)$/);
    expect(await readFile(big, 'utf8')).toBe(NEWER);
    await mend();
    expect(await rsyncDifferences(dir.join('live.kept'), cluster.tree)).toBe('');
  });

  it('gives everything back from a pack of which only the table is damaged, and still names it', async () => {
    const { pack } = await spoil((path) => flip(path, 1));
    const { exit, findings } = await checkVault(server);
    expect(exit).toBe(1);
    expect(findings.map(({ subject }) => subject)).toContain(path.basename(pack));
    await cluster.restore(set);
    expect(await rsyncDifferences(dir.join('live.kept'), cluster.tree)).toBe('');
    await mend();
  });

  const NEWER = 'newer: the old bytes are in the vault only';
  let spoilt = '';

  /** Harms the largest pack, and makes a restore need it. */
  async function spoil(harm: (pack: string) => Promise<void>): Promise<{ pack: string; big: string }> {
    const pack = await largest(await packsOf(server));
    const big = path.join(cluster.tree, 'big');
    await copyTree(pack, dir.join('pack.kept'));
    await copyTree(cluster.tree, dir.join('live.kept'));
    await harm(pack);
    await writeFile(big, NEWER);
    spoilt = pack;
    return { pack, big };
  }

  /** The pack is as it was; the tree too. */
  async function mend(): Promise<void> {
    await rm(spoilt, { force: true });
    await rename(dir.join('pack.kept'), spoilt);
    await copyTree(dir.join('live.kept', 'big'), path.join(cluster.tree, 'big'));
    expect((await checkVault(server)).findings).toEqual([]);
  }
});

async function grep(text: string, where: string): Promise<string> {
  const { code, stdout } = await runProcess('grep', ['-rlaF', text, where]);
  expect([0, 1]).toContain(code);
  return stdout;
}

async function halve(file: string): Promise<void> {
  await truncate(file, Math.floor((await stat(file)).size / 2));
}

async function flip(file: string, where: number): Promise<void> {
  const handle = await open(file, 'r+');
  const { size } = await handle.stat();
  const at = Math.min(size - 1, Math.floor(size * where));
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  byte[0]! ^= 1;
  await handle.write(byte, 0, 1, at);
  await handle.close();
}

async function largest(files: readonly string[]): Promise<string> {
  const [first = ''] = (await tool('ls', ['-S', ...files])).split('\n');
  return first;
}
