import { appendFile, chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PortalCluster, runCli, ServerProcess } from '@lifeboat/dev-cluster';
import { isWhole, verifyPortal } from '@lifeboat/portal-simulator';
import {
  runProcess,
  startPostgres,
  tempDir,
  waitUntil,
  type DatabaseServer,
  type TempDir,
} from '@lifeboat/testkit';

import { makeAwkwardTree } from './awkward-tree.fixture.ts';
import { createDatabase } from './connection.fixture.ts';
import { OFFLINE_READERS } from './offline-readers.fixture.ts';
import { PathCluster, vaultOf } from './path-cluster.fixture.ts';
import { allocatedBlocks, copyTree, packsOf, rsyncDifferences, tool } from './witness.fixture.ts';

interface Listed {
  readonly set: string;
  readonly cluster: string;
  readonly sequence: number;
  readonly trees: readonly { readonly tree: string; readonly entries: number }[];
}

/**
 * Sets are taken by real agents, in two key epochs; then the server goes, and its catalog, and only vault and key are
 * left.
 */
describe('server and catalog are gone', () => {
  let dir: TempDir;
  let postgres: DatabaseServer;
  let portal: PortalCluster;
  let vault: string;
  let key: string;
  let paths: { tree: string; first: string; second: string };
  let packs: string[];

  beforeAll(async () => {
    dir = await tempDir('story-offline');
    postgres = await startPostgres();
    const server = await ServerProcess.start(dir.join('server'));
    const shape = {
      kind: 'postgresql',
      database: postgres,
      nodes: 1,
      documents: 60,
      store: 'shared',
    } as const;
    portal = await PortalCluster.make({ ...shape, name: 'portal', dir: dir.join('portal') });
    let cluster: PathCluster | undefined;
    try {
      await portal.protect(server);
      await server.json('backup', 'run', '--cluster', 'portal', '--wait');
      cluster = await PathCluster.join(server, { dir: dir.join('paths') });
      await makeAwkwardTree(cluster.tree);
      const first = (await cluster.seal()).set;
      await copyTree(cluster.tree, dir.join('expected.first'));
      await rotateKeys(server, cluster, dir.join('kit of epoch 1'));
      await appendFile(path.join(cluster.tree, '-rf'), 'more');
      await rm(path.join(cluster.tree, 'loop'), { recursive: true });
      const second = (await cluster.seal()).set;
      await copyTree(cluster.tree, dir.join('expected.second'));
      paths = { tree: `node-1/${await treeName(server, second)}`, first, second };
      packs = await packsOf(server);
    } finally {
      await cluster?.stop();
      await portal.stop();
      await server.stop();
    }
    vault = dir.join('vault');
    key = dir.join('root.key');
    await cp(vaultOf(server), vault, { recursive: true });
    await cp(path.join(server.data, 'keys', 'root.key'), key);
    await chmod(key, 0o600);
    packs = packs.map((pack) => path.join(vault, path.relative(vaultOf(server), pack)));
    await rm(server.data, { recursive: true });
  }, 180_000);

  afterAll(async () => {
    await postgres?.stop();
    await dir.remove();
  });

  describe.each(Object.entries(OFFLINE_READERS))('%s', (reader, { list, verify, extract }) => {
    const place = (name: string) => dir.join(`${reader}.${name}`);
    const withKey = () => ['--key', key];

    it('lists every set with its trees', async () => {
      const { code, stdout } = await list(vault, key);
      expect(code).toBe(0);
      const listed = JSON.parse(stdout) as Listed[] | { sets: Listed[] };
      const sets = Array.isArray(listed) ? listed : listed.sets;
      expect(sets.map(({ cluster, sequence }) => `${cluster} ${sequence}`).sort()).toEqual([
        'paths 1',
        'paths 2',
        'portal 1',
      ]);
      expect(sets.find(({ set }) => set === paths.second)?.trees.map(({ tree }) => tree)).toEqual([
        paths.tree,
      ]);
    });

    it('brings an awkward tree back identical, an old state of it too', async () => {
      for (const state of ['first', 'second'] as const) {
        const { code, stderr } = await extract(vault, withKey(), place(state), ['--set', paths[state]]);
        expect({ code, stderr: withoutNotices(stderr) }).toEqual({ code: 0, stderr: '' });
        const restored = path.join(place(state), paths.tree);
        expect(await rsyncDifferences(dir.join(`expected.${state}`), restored)).toBe('');
        const expected = await allocatedBlocks(dir.join(`expected.${state}`));
        expect(await allocatedBlocks(restored)).toEqual({ ...expected, 'zeros written': 0 });
        expect(await readdir(place(state))).toEqual(['node-1']);
      }
    });

    it('brings back a database and a store that belong together, each document byte by byte', async () => {
      const { code } = await extract(vault, withKey(), place('portal'), ['--set', await portalSet(list)]);
      expect(code).toBe(0);
      const database = `loaded_${reader.replaceAll(/\W/g, '_')}`;
      await createDatabase(postgres, database);
      const dump = path.join(place('portal'), 'cluster', 'database', 'database.dump');
      await loadDump(database, dump);
      const report = await verifyPortal({
        ...portal.portal,
        database: { ...portal.portal.database, database },
        store: path.join(place('portal'), 'cluster', 'document-store'),
      });
      expect({ whole: isWhole(report), some: report.rows > 50 }).toEqual({ whole: true, some: true });
      const home = path.join(place('portal'), 'node-1', 'liferay-home', 'portal-ext.properties');
      const live = path.join(portal.portal.nodes[0]!.home, 'portal-ext.properties');
      expect(await readFile(home)).toEqual(await readFile(live));
    });

    it('writes nothing into a directory that has something in it', async () => {
      await mkdir(place('full'), { recursive: true });
      await writeFile(path.join(place('full'), 'mine'), 'x');
      const { code } = await extract(vault, withKey(), place('full'));
      expect(code).not.toBe(0);
      expect(await readdir(place('full'))).toEqual(['mine']);
    });

    it('refuses a key that others may read, and a key of another vault', async () => {
      await cp(key, place('exposed.key'));
      await chmod(place('exposed.key'), 0o644);
      const exposed = await extract(vault, ['--key', place('exposed.key')], place('never'));
      expect(exposed.code).not.toBe(0);
      expect(exposed.stderr).toMatch(/others/);

      const root = Buffer.alloc(32, 7).toString('base64');
      await writeFile(place('other.key'), JSON.stringify({ version: 1, root }), { mode: 0o600 });
      const other = await extract(vault, ['--key', place('other.key')], place('never'));
      expect(other.code).not.toBe(0);
      expect(other.stderr).toMatch(/another (key|vault)/);
      await expect(stat(place('never'))).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('takes the typed-in recovery kit for the key', async () => {
      const made = await runCli(
        ['vault', 'recovery-kit', '--key', key, '--output', place('kit'), '--vault', vault],
        {},
      );
      expect(made).toMatchObject({ code: 0 });
      expect((await stat(place('kit'))).mode & 0o777).toBe(0o600);
      const tree = ['--set', paths.second, '--tree', paths.tree];
      const { code } = await extract(vault, ['--from-kit', place('kit')], place('by-kit'), tree);
      expect(code).toBe(0);

      const typed = await readFile(place('kit'), 'utf8');
      const wrong = typed.replace(
        /^( *3: )(.)/m,
        (_, start: string, digit: string) => start + (digit === '0' ? '1' : '0'),
      );
      await writeFile(place('wrong.kit'), wrong, { mode: 0o600 });
      const refused = await extract(vault, ['--from-kit', place('wrong.kit')], place('never'));
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toMatch(/line 3/);
    });

    it('reads with the kit of an earlier epoch what was sealed by then, and nothing that came later', async () => {
      const kit = ['--from-kit', dir.join('kit of epoch 1')];
      const earlier = await extract(vault, kit, place('earlier'), ['--set', paths.first]);
      const later = await extract(vault, kit, place('later'), ['--set', paths.second]);
      // The second reader stops at the first set that it cannot open, the other one goes on.
      expect(earlier.code).toBe(reader === 'the second reader' ? 1 : 0);
      expect(earlier.stderr).toMatch(/epoch/);
      expect(later.code).not.toBe(0);
      expect(later.stderr).toMatch(/epoch/);
    });

    it('refuses a flipped byte and names pack and place', async () => {
      const damaged = place('damaged');
      await cp(vault, damaged, { recursive: true });
      for (const pack of packs) await flipMiddle(path.join(damaged, path.relative(vault, pack)));
      const { code, stderr } = await extract(damaged, withKey(), place('from damaged'), [
        '--set',
        paths.first,
      ]);
      expect(code).toBe(1);
      const [named] = packs.filter((pack) => stderr.includes(path.basename(pack)));
      expect(named).toBeDefined();
      expect(stderr).toMatch(/byte \d+/);
    });

    it('reads on past a damaged table by the frames themselves', async () => {
      const damaged = place('no tables');
      await cp(vault, damaged, { recursive: true });
      for (const pack of packs) await flipAt(path.join(damaged, path.relative(vault, pack)), -40);
      const { code } = await extract(damaged, withKey(), place('from frames'), ['--set', paths.second]);
      expect(code).toBe(0);
      const restored = path.join(place('from frames'), paths.tree);
      expect(await rsyncDifferences(dir.join('expected.second'), restored)).toBe('');
    });

    it('finds nothing wrong with the vault, and finds each flipped byte and each missing pack', async () => {
      const whole = await verify(vault, key);
      expect({ code: whole.code, ...JSON.parse(whole.stdout) }).toMatchObject({ code: 0, findings: [] });
      const damaged = place('verify.damaged');
      await cp(vault, damaged, { recursive: true });
      for (const pack of packs) await flipMiddle(path.join(damaged, path.relative(vault, pack)));
      const flipped = await verify(damaged, key);
      expect(flipped.code).toBe(1);
      for (const pack of packs) expect(flipped.stdout).toContain(path.basename(pack));

      await rm(damaged, { recursive: true });
      await cp(vault, damaged, { recursive: true });
      for (const pack of packs) await rm(path.join(damaged, path.relative(vault, pack)));
      const missing = await verify(damaged, key);
      expect(missing.code).toBe(1);
      for (const set of [paths.first, paths.second]) expect(missing.stdout).toContain(set);
    });

    it('refuses a set document that was changed', async () => {
      const damaged = place('forged');
      await cp(vault, damaged, { recursive: true });
      const sets = (await tool('find', [path.join(damaged, 'sets'), '-name', `*${paths.first}`])).trim();
      const text = await readFile(sets, 'utf8');
      await rm(sets);
      await writeFile(
        sets,
        text.replace(/"length":(\d)/, (_, digit: string) => `"length":${digit === '1' ? 2 : 1}`),
      );
      const { code, stderr } = await extract(damaged, withKey(), place('from forged'), [
        '--set',
        paths.first,
      ]);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/sign/);
    });
  });

  it('a kit is not printed into --json, and is never written over', async () => {
    const kit = ['vault', 'recovery-kit', '--key', key];
    expect(await runCli([...kit, '--json'], {})).toMatchObject({ code: 2 });
    await writeFile(dir.join('taken'), 'mine');
    expect(await runCli([...kit, '--output', dir.join('taken')], {})).toMatchObject({ code: 6 });
    expect(await readFile(dir.join('taken'), 'utf8')).toBe('mine');
    const quiet = await runCli(
      [...kit, '--json', '--output', dir.join('kit'), '--svg', dir.join('kit.svg')],
      {},
    );
    const { secrets } = JSON.parse(await readFile(key, 'utf8')) as { secrets: [string] };
    const secret = Buffer.from(secrets[0], 'base64').toString('hex');
    expect(quiet.stdout).not.toContain(secret.slice(0, 4));
    expect((await readFile(dir.join('kit'), 'utf8')).replaceAll(/\s/g, '')).toContain(secret.slice(0, 16));
    expect((await stat(dir.join('kit.svg'))).mode & 0o777).toBe(0o600);
  });

  async function portalSet(
    list: (vault: string, key: string) => Promise<{ stdout: string }>,
  ): Promise<string> {
    const listed = JSON.parse((await list(vault, key)).stdout) as Listed[] | { sets: Listed[] };
    const sets = Array.isArray(listed) ? listed : listed.sets;
    return sets.find(({ cluster }) => cluster === 'portal')!.set;
  }

  async function loadDump(database: string, dump: string): Promise<void> {
    const { host, port, user, password } = postgres;
    const where = ['-h', host, '-p', `${port}`, '-U', user, '-d', database];
    const { code, stderr } = await runProcess('pg_restore', ['--exit-on-error', ...where, dump], {
      env: { PGPASSWORD: password },
    });
    if (code !== 0) throw new Error(`pg_restore: ${stderr}`);
  }
});

/** Rotated while the agent is connected: it hears of it with its next session, which comes by itself. */
async function rotateKeys(server: ServerProcess, { agent }: PathCluster, kit: string): Promise<void> {
  const key = path.join(server.data, 'keys', 'root.key');
  expect(await runCli(['vault', 'recovery-kit', '--key', key, '--output', kit], {})).toMatchObject({
    code: 0,
  });
  const rotated = await server.json<{ keyEpoch: number; keyFile: string }>('vault', 'rotate-keys', '--yes');
  expect(rotated).toMatchObject({ keyEpoch: 2, keyFile: key });
  expect(await server.json('vault', 'show')).toMatchObject({ keyEpoch: 2 });
  await waitUntil('the agent to hear of the new key', async () =>
    (await readFile(path.join(agent.state, 'key-epoch.json'), 'utf8')).includes('"epoch":2'),
  );
}

async function treeName(server: ServerProcess, set: string): Promise<string> {
  const { nodes } = await server.json<{ nodes: { trees: { tree: string }[] }[] }>('set', 'statement', set);
  return nodes[0]!.trees[0]!.tree;
}

async function flipMiddle(file: string): Promise<void> {
  await flipAt(file, Math.floor((await stat(file)).size / 2));
}

/** A negative position counts from the end. */
async function flipAt(file: string, position: number): Promise<void> {
  const bytes = await readFile(file);
  const at = position < 0 ? bytes.length + position : position;
  bytes[at]! ^= 0x40;
  await rm(file);
  await writeFile(file, bytes);
}

/** What Node itself prints of its experimental parts is no word of ours. */
function withoutNotices(stderr: string): string {
  return stderr.replaceAll(/^.*(ExperimentalWarning|--trace-warnings).*\n/gm, '');
}
