import { readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '@lifeboat/dev-cluster';
import {
  directory,
  file,
  freePort,
  makeTree,
  seededBytes,
  tempDir,
  waitUntil,
  type TempDir,
} from '@lifeboat/testkit';

import { PathCluster, startAgain, vaultOf, type DoneRestore } from './path-cluster.fixture.ts';
import { copyTree, rsyncDifferences } from './witness.fixture.ts';

const FILES = 1500;
const ENDS = ['completed', 'rolled-back', 'aborted'];

describe('a restore that is hit in the middle', () => {
  let dir: TempDir;
  let cluster: PathCluster;
  let set: string;

  beforeAll(async () => {
    dir = await tempDir('story-crash');
    const server = await ServerProcess.start(dir.join('server'));
    cluster = await PathCluster.join(server, { dir: dir.join('cluster') });
    await makeTree(cluster.tree, tree('new'));
    await copyTree(cluster.tree, dir.join('new'));
    ({ set } = await cluster.seal());
    await makeTree(dir.join('old'), tree('old'));
  }, 120_000);

  afterAll(async () => {
    await cluster?.stop();
    await cluster?.server.stop();
    await dir.remove();
  });

  it('agent killed while it stages: completed or aborted, never mixed', async () => {
    const restore = await begin();
    await journalSays(restore, '"staging"');
    await cluster.agent.kill();
    cluster.agent.start();
    await endsWhole(restore);
  }, 120_000);

  it('agent killed while it switches: completed or rolled back, never mixed', async () => {
    const restore = await begin();
    await journalSays(restore, '"switching"');
    await cluster.agent.kill();
    cluster.agent.start();
    await endsWhole(restore);
  }, 120_000);

  it('server killed while the agent stages: aborted, the old data as they were', async () => {
    const restore = await begin();
    await journalSays(restore, '"staging"');
    await cluster.server.kill();
    cluster.server = await startAgain(cluster.server);
    expect(await endsWhole(restore)).toBe('aborted');
  }, 120_000);

  it('server killed right after the decision: driven to its end by the next start', async () => {
    const restore = await begin();
    await waitUntil('the decision in the vault', () => decisionsOf(cluster.server).includes(restore), {
      everyMs: 1,
    });
    await cluster.server.kill();
    cluster.server = await startAgain(cluster.server);
    await endsWhole(restore);
  }, 120_000);

  it('agent and server killed at once in the switch: driven to its end', async () => {
    const restore = await begin();
    await journalSays(restore, '"switching"');
    await Promise.all([cluster.agent.kill(), cluster.server.kill()]);
    cluster.agent.start();
    cluster.server = await startAgain(cluster.server);
    await endsWhole(restore);
  }, 120_000);

  it('portal not healthy afterwards: the cluster is rolled back by itself, and the command fails', async () => {
    const health = { url: `http://127.0.0.1:${await freePort()}/`, timeoutSeconds: 2 };
    const policy = { roots: [cluster.tree], mayRestore: true, actions: { health } };
    await cluster.agent.stop();
    // JSON is YAML.
    await writeFile(path.join(cluster.agent.state, 'agent.yaml'), JSON.stringify(policy));
    cluster.agent.start();
    await cluster.server.waitForNodes(cluster.name, 1);
    await putOld();
    const done = await cluster.run(await cluster.plan(set));
    expect(done).toMatchObject({ exit: 1, state: 'rolled-back', failure: { code: 'HEALTH_FAILED' } });
    expect(await rsyncDifferences(dir.join('old'), cluster.tree)).toBe('');
  }, 120_000);

  /** The old tree stands, the restore of the new one runs. */
  async function begin(): Promise<string> {
    await cluster.server.waitForNodes(cluster.name, 1, 60);
    await putOld();
    const plan = await cluster.plan(set);
    return (await cluster.server.json<DoneRestore>('restore', 'run', plan)).restore;
  }

  async function putOld(): Promise<void> {
    await rm(cluster.tree, { recursive: true, force: true });
    await copyTree(dir.join('old'), cluster.tree);
  }

  async function journalSays(restore: string, step: string): Promise<void> {
    const folder = path.join(cluster.agent.state, 'restores', restore);
    const says = () =>
      readdirSync(folder).some((name) => readFileSync(path.join(folder, name), 'utf8').includes(step));
    await waitUntil(`${step} in the journal`, () => quietly(says), { everyMs: 1 });
  }

  /** Waits for the end, and checks that the tree is one of the two, whole. */
  async function endsWhole(restore: string): Promise<string> {
    const { state } = await waitUntil(
      'the end of the restore',
      async () => {
        const seen = await cluster.server
          .json<DoneRestore>('restore', 'show', restore)
          .catch(() => undefined);
        if (seen?.state === 'needs-operator') throw new Error(JSON.stringify(seen));
        return seen !== undefined && ENDS.includes(seen.state) && seen;
      },
      { seconds: 90, everyMs: 250 },
    );
    const whole = state === 'completed' ? 'new' : 'old';
    expect(await rsyncDifferences(dir.join(whole), cluster.tree)).toBe('');
    return state;
  }
});

/** The same names with other bytes, and some of the one kind only: a mixture would show. */
function tree(version: 'old' | 'new') {
  const files = Array.from({ length: FILES }, (_, i) => [
    `file-${i}`,
    file(seededBytes(`${version} ${i}`, 2000)),
  ]);
  return { ...Object.fromEntries(files), [`only ${version}`]: directory({ x: version }) };
}

function decisionsOf(server: ServerProcess): string {
  return quietly(() => readdirSync(path.join(vaultOf(server), 'control', 'decisions')).join()) || '';
}

function quietly<T>(look: () => T): T | false {
  try {
    return look();
  } catch {
    return false; // Not there yet.
  }
}
