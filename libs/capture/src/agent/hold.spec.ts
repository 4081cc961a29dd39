import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import { Hold, lookUpPaths, WorkerPool } from './index.ts';
import { Scene, systemTime } from './test-trees.ts';

const workers = new WorkerPool(1);
let scene: Scene;
let hold: Hold;

beforeEach(() => {
  scene = new Scene(workers, systemTime);
  scene.write('a/old', 'old');
  scene.write('.lifeboat/hold/node-1/dead/0/left', 'left by a killed process');
  hold = Hold.prewatch({ tree: scene.options.tree, owner: 'node-1', log: silentLog, clock: systemTime });
});
afterEach(async () => {
  await hold.close();
  scene.remove();
});
afterAll(() => workers.close());

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !condition();) {
    if (Date.now() > end) throw new Error('it did not happen in 10 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function heldFiles(): Promise<Record<string, string>> {
  const result = await hold.captureHeld(scene.options);
  const files = scene.peer.tree(result.root).filter(({ entry }) => entry.type === 'file');
  return Object.fromEntries(files.map(({ entry, bytes }) => [entry.path.toString(), bytes.toString()]));
}

describe('Hold', () => {
  it('removes what a killed process left, and sees its sentinel', async () => {
    expect(existsSync(join(scene.root, '.lifeboat/hold/node-1/dead'))).toBe(false);
    expect(await hold.arm('e1')).toEqual({ directoriesWatched: 2, sentinelSeen: true });
  });

  it('keeps a file that is deleted after it was seen', async () => {
    await hold.arm('e1');
    scene.write('a/new', 'new');
    await until(() => hold.held === 1);
    rmSync(join(scene.root, 'a/new'));
    expect(await heldFiles()).toMatchObject({ 'a/new': 'new' });
  });

  it('finds files in directories that appear, and what no event told of', async () => {
    await hold.arm('e1');
    scene.write('a/b/c/deep', 'deep');
    expect((await heldFiles())['a/b/c/deep']).toBe('deep');
  });

  it('watches the directories it is armed with, even when its budget was spent on others', async () => {
    await hold.close();
    for (const name of ['b', 'c', 'd']) scene.write(`${name}/old`, 'old');
    const budget = { directories: 2 };
    hold = Hold.prewatch({
      tree: scene.options.tree,
      owner: 'node-1',
      log: silentLog,
      clock: systemTime,
      budget,
    });
    await hold.arm('e1', ['d']);
    scene.write('d/new', 'new');
    await until(() => hold.held === 1);
    rmSync(join(scene.root, 'd/new'));
    expect(await heldFiles()).toMatchObject({ 'd/new': 'new' });
  });

  it('shares a tree with the hold of another node: neither takes the pins of the other', async () => {
    const other = Hold.prewatch({
      tree: scene.options.tree,
      owner: 'node-2',
      log: silentLog,
      clock: systemTime,
    });
    await Promise.all([hold.arm('e1'), other.arm('e1')]);
    scene.write('a/new', 'new');
    await until(() => hold.held === 1 && other.held === 1);
    await other.close();
    rmSync(join(scene.root, 'a/new'));
    expect(await heldFiles()).toMatchObject({ 'a/new': 'new' });
  });

  it('keeps both versions of a path that is replaced by a file of another size', async () => {
    await hold.arm('e1');
    scene.write('a/x', 'one');
    await until(() => hold.held === 1);
    scene.write('.lifeboat/x', 'three');
    renameSync(join(scene.root, '.lifeboat/x'), join(scene.root, 'a/x'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await heldFiles()).toMatchObject({ 'a/x': 'three', '.lifeboat/earlier/0/a/x': 'one' });
  });

  it('frees everything on release and pins nothing afterwards', async () => {
    await hold.arm('e1');
    scene.write('a/new', 'new');
    await until(() => hold.held === 1);
    await hold.release();
    expect(existsSync(join(scene.root, '.lifeboat/hold/node-1/e1'))).toBe(false);
    await expect(hold.captureHeld(scene.options)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('does not pin beyond its budget, and says so', async () => {
    await hold.close();
    hold = Hold.prewatch({
      owner: 'node-1',
      tree: scene.options.tree,
      log: silentLog,
      clock: systemTime,
      budget: { bytes: 0 },
    });
    await hold.arm('e1');
    scene.write('a/one', '1');
    await until(() => hold.held === 1);
    scene.write('a/two', '2');
    const result = await hold.captureHeld(scene.options);
    expect(result.notKept.map(({ reason }) => reason).join()).toContain('budget');
  });
});

describe('lookUpPaths', () => {
  it('captures what is there, at the paths asked for, with the directories above', async () => {
    const { found, capture } = await lookUpPaths(scene.options, [
      Buffer.from('a/old'),
      Buffer.from('a/absent'),
    ]);
    expect(found).toBe(1);
    const paths = scene.peer.tree(capture?.root ?? Buffer.alloc(0)).map(({ entry }) => entry.path.toString());
    expect(paths).toEqual(['', 'a', 'a/old']);
  });

  it('holds what it finds: the next look-up finds it though its name is gone', async () => {
    await hold.arm('e1');
    await lookUpPaths(scene.options, [Buffer.from('a/old')], hold);
    rmSync(join(scene.root, 'a/old'));
    expect((await lookUpPaths(scene.options, [Buffer.from('a/old')], hold)).found).toBe(1);
    expect(await heldFiles()).toEqual({ 'a/old': 'old' });
  });

  it('does not follow a link in the middle of a path', async () => {
    mkdirSync(join(scene.directory, 'outside'));
    writeFileSync(join(scene.directory, 'outside/secret'), 'secret');
    symlinkSync('../outside', join(scene.root, 'door'));
    expect((await lookUpPaths(scene.options, [Buffer.from('door/secret')])).found).toBe(0);
  });

  it.each(['../secret', '/etc/passwd', 'a/../../x', 'a//b', '', 'a\0b', '.lifeboat/hold/x'])(
    'refuses %j',
    async (path) => {
      await expect(lookUpPaths(scene.options, [Buffer.from(path)])).rejects.toMatchObject({
        code: 'PATH_UNSAFE',
      });
    },
  );
});
