import { createHash } from 'node:crypto';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import {
  directory,
  FaultyProxy,
  file,
  makeTree,
  seededBytes,
  startSwift,
  tempDir,
  waitUntil,
  type FaultOf,
  type SwiftServer,
  type TempDir,
} from '@lifeboat/testkit';

import { checkVault, PathCluster } from './path-cluster.fixture.ts';
import { copyTree, rsyncDifferences } from './witness.fixture.ts';

const BUCKET = 'backups';
/** More than one pack. */
const BIG = seededBytes('big', 36_000_000);

describe('a vault on S3', () => {
  let dir: TempDir;
  let swift: SwiftServer;
  let proxy: FaultyProxy;
  let server: ServerProcess;
  let cluster: PathCluster;
  let first: string;

  beforeAll(async () => {
    dir = await tempDir('story-s3');
    swift = await startSwift();
    await swift.createBucket(BUCKET);
    proxy = await FaultyProxy.start(swift.endpoint);
    server = await startServer();
    cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
    await makeTree(cluster.tree, {
      sub: directory({ 'a file': 'first', other: seededBytes('other', 100_000) }),
      big: file(BIG),
    });
    await copyTree(cluster.tree, dir.join('expected'));
    first = (await cluster.seal()).set;
  });

  afterEach(() => {
    proxy.faultOf = () => undefined;
  });

  afterAll(async () => {
    await cluster?.stop();
    await server?.stop();
    await proxy?.stop();
    await swift?.stop();
    await dir.remove();
  });

  it('keeps a set as objects, each pack named by the SHA-256 of its bytes, and none on the server', async () => {
    const names = await swift.names(BUCKET);
    expect(names.filter((name) => name.startsWith('portal/sets/'))).toHaveLength(1);
    const packs = names.filter((name) => name.startsWith('portal/packs/'));
    expect(packs.length).toBeGreaterThan(1);
    for (const pack of packs) {
      const bytes = await swift.read(BUCKET, pack);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(path.basename(pack));
    }
    expect(names.filter((name) => name.includes('probe'))).toEqual([]);
  });

  it('is proved, and passes its check with every byte read', async () => {
    await proved(first);
    expect(await checkVault(server)).toMatchObject({ exit: 0, sets: 1, findings: [] });
  });

  it('takes the next set through a store that fails, stalls and loses answers', async () => {
    await appendFile(path.join(cluster.tree, 'sub', 'a file'), ', second');
    await writeFile(path.join(cluster.tree, 'new'), seededBytes('new', 3_000_000));
    proxy.faultOf = everyThird();
    const { set } = await cluster.seal();
    proxy.faultOf = () => undefined;
    await proved(set);
    expect(await checkVault(server)).toMatchObject({ exit: 0, sets: 2, findings: [] });
  });

  it('gives the first set back byte-exact, through the same store', async () => {
    await rm(path.join(cluster.tree, 'big'));
    await writeFile(path.join(cluster.tree, 'sub', 'other'), 'corrupted');
    proxy.faultOf = everyThird();
    await cluster.restore(first);
    expect(await rsyncDifferences(dir.join('expected'), cluster.tree)).toBe('');
  });

  it('that is away fails the set, says so, and has lost nothing when it is back', async () => {
    await writeFile(path.join(cluster.tree, 'later'), seededBytes('later', 5_000_000));
    proxy.faultOf = ({ method }) => (method === 'PUT' ? { kind: 'reset' } : undefined);
    const failed = await cluster.take();
    expect(failed).toMatchObject({ state: 'failed', failure: { code: 'VAULT_UNREACHABLE' } });
    expect(failed.failure?.message).toContain(`s3://${BUCKET}/portal`);
    proxy.faultOf = () => undefined;
    const next = await cluster.seal();
    expect(next.bytes.wire).toBeLessThan(1_000_000);
    expect(await checkVault(server)).toMatchObject({ exit: 0, findings: [] });
  }, 120_000);

  it('brings back the catalog that is lost, and gives a set back from it', async () => {
    await server.stop();
    await rm(path.join(server.data, 'catalog'), { recursive: true });
    server = cluster.server = await startServer(server.ports);
    expect(await server.json('set', 'list')).toEqual([]);
    expect(await server.json('vault', 'reindex')).toMatchObject({ clusters: 1, sets: 3 });
    await proved(first);
    await server.waitForNodes(cluster.name, 1, 60);
    await rm(path.join(cluster.tree, 'big'));
    await cluster.restore(first);
    expect(await rsyncDifferences(dir.join('expected'), cluster.tree)).toBe('');
  });

  it('leaves its credentials neither in arguments nor in what the server says', async () => {
    const args = await readFile(`/proc/${server.endpoints.pid}/cmdline`, 'utf8');
    const said = `${server.process.stdout()}${server.process.stderr()}`;
    expect(said).toContain(`s3://${BUCKET}/portal`);
    for (const secret of [swift.secretAccessKey, 'Signature='])
      expect(`${args}${said}`).not.toContain(secret);
  });

  it('does not start on a store that cannot keep what is asked of it', async () => {
    const starting = ServerProcess.start(dir.join('locked'), { env: environment('&object-lock-days=30') });
    await expect(starting).rejects.toThrow(
      /VAULT_REFUSED[^]*object-lock-days|object-lock-days[^]*VAULT_REFUSED/,
    );
  });

  function environment(parameters = ''): Record<string, string> {
    const place = `endpoint=${proxy.endpoint}&region=${swift.region}${parameters}`;
    return { ...swift.environment, LIFEBOAT_VAULT: `s3://${BUCKET}/portal?${place}` };
  }

  async function startServer(ports?: { grpc: number; http: number }): Promise<ServerProcess> {
    return ServerProcess.start(dir.join('server'), { env: environment(), ...(ports && { ports }) });
  }

  async function proved(set: string): Promise<void> {
    await waitUntil('the set to be proved', async () => {
      const { state } = await server.json<{ state: string }>('set', 'show', set);
      return state === 'proved';
    });
  }
});

/** Of every three requests one goes wrong, in turn: slow down, error, no connection, answer lost, answer cut short. */
function everyThird(): FaultOf {
  const faults = [
    { kind: 'answer', status: 503 },
    { kind: 'answer', status: 500 },
    { kind: 'reset' },
    { kind: 'lose-answer' },
    { kind: 'cut-answer', after: 10 },
  ] as const;
  let asked = 0;
  return () => {
    asked += 1;
    return asked % 3 === 0 ? faults[(asked / 3) % faults.length] : undefined;
  };
}
