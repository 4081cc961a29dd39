import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { programArguments, ServerProcess } from '@lifeboat/dev-cluster';
import { startProcess, tempDir, type TempDir } from '@lifeboat/testkit';

import { isRoot, PathCluster } from './path-cluster.fixture.ts';
import { rsyncDifferences } from './witness.fixture.ts';

const SHARE = '/usr/share';

/**
 * "Elsewhere": a tree goes back to its own path, so the restoring agent runs in a mount namespace of its own in which
 * another directory stands at that path. Nobody else sees it, and the source stays what it is.
 */
const why = isRoot && existsSync('/usr/bin/unshare') ? undefined : 'skipped: needs root and unshare';

(why === undefined ? describe : describe.skip)(`a set taken of ${SHARE}${why ? ` (${why})` : ''}`, () => {
  let dir: TempDir;
  let server: ServerProcess;
  let cluster: PathCluster;

  beforeAll(async () => {
    dir = await tempDir('story-share');
    server = await ServerProcess.start(dir.join('server'));
    cluster = await PathCluster.join(server, { dir: dir.join('cluster'), tree: SHARE });
  });

  afterAll(async () => {
    await cluster?.stop();
    await server?.stop();
    await dir.remove();
  });

  it('is identical when it is restored elsewhere', async () => {
    const first = await cluster.seal();
    const again = await cluster.seal();
    expect(first.guarantee).toBe('consistent');
    expect(again.bytes).toMatchObject({ read: 0, wire: 0 });

    const elsewhere = dir.join('elsewhere');
    await mkdir(elsewhere);
    await moveAgent(cluster, elsewhere);
    const { restore } = await cluster.restore(again.set);
    await server.json('restore', 'finalize', restore);
    expect(await rsyncDifferences(SHARE, elsewhere)).toBe('');
  }, 400_000);
});

/** The same agent, but its /usr/share is `elsewhere`. */
async function moveAgent({ agent, server, name }: PathCluster, elsewhere: string): Promise<void> {
  await agent.stop();
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  const run = [process.execPath, ...programArguments('agent', ['run', '--state', agent.state])];
  agent.process = startProcess('unshare', ['--mount', 'sh', '-c', script, 'sh', elsewhere, SHARE, ...run]);
  await server.waitForNodes(name, 1);
}
