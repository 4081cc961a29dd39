import { spawn } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Bench,
  copy,
  decide,
  differences,
  OPERATION,
  plant,
  RESTORE,
  type Spec,
} from './restore-agent.fixture.ts';
import { readGuard } from './start-guard.ts';
import type { RestoreAgent } from './restore-agent.ts';

const BIG = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(
  Buffer.alloc(100_000),
);
const NEW: Spec = {
  'portal-ext.properties': 'new=1\n',
  'osgi/modules/a.jar': BIG,
  'osgi/modules/copy-of-a.jar': BIG,
  'osgi/state/cache.bin': 'stale',
  'data/lucene/index': 'x'.repeat(50_000),
  'data/hole.bin': { sparse: 400_000, tail: 'end' },
  deploy: null,
  'hard/one': 'linked twice',
  'hard/two': { hard: 'hard/one' },
  link: { link: 'osgi/modules' },
  dangling: { link: '../../nowhere' },
  empty: '',
};
const OLD: Spec = {
  'portal-ext.properties': 'old=1\n',
  'osgi/modules/a.jar': 'another jar',
  'only-old/file': 'goes aside',
  'data/lucene/index': 'y'.repeat(100),
  'osgi/state/cache.bin': 'live state',
  link: 'a file where the set has a link',
};
const STORE: Spec = {
  'data/document_library/20097/1.0': 'a document',
  'data/document_library/20098/1.0': 'another',
};

/** As a failing disk does it: size and times stay. */
function damageUnseen(file: string, bytes: Buffer, at: number): void {
  const { atimeMs, mtimeMs } = lstatSync(file);
  const damaged = Buffer.from(bytes);
  damaged[at]! ^= 1;
  writeFileSync(file, damaged);
  utimesSync(file, atimeMs / 1000, mtimeMs / 1000);
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

async function prepare(
  agent: RestoreAgent,
  root: Buffer,
  more: Parameters<Bench['stage']>[1] = {},
): Promise<void> {
  await agent.stage(bench.stage(root, more), OPERATION);
  await agent.quiesce({ trees: [bench.stage(root, more).tree!] }, OPERATION);
  await agent.settleTrees(OPERATION);
}

async function switched(
  agent: RestoreAgent,
  root: Buffer,
  more: Parameters<Bench['stage']>[1] = {},
): Promise<void> {
  await prepare(agent, root, more);
  await agent.recordDecision(decide('switch'), OPERATION);
  await agent.switchTrees(OPERATION);
}

describe('a restore on one node', () => {
  it('brings a tree back exactly, metadata, links and holes included', async () => {
    plant(bench.wanted, NEW);
    chmodSync(join(bench.wanted, 'hard/one'), 0o4711);
    chmodSync(join(bench.wanted, 'deploy'), 0o555);
    writeFileSync(Buffer.concat([Buffer.from(`${bench.wanted}/latin-`), Buffer.from([0xe9])]), 'not UTF-8');
    plant(bench.live, OLD);
    const root = bench.vault.capture(bench.wanted);
    const agent = bench.agent();
    await switched(agent, root);
    expect(differences(bench.wanted, bench.live)).toBe('');
    expect(lstatSync(join(bench.live, 'data/hole.bin')).blocks * 512).toBeLessThan(100_000);
    expect(await agent.startPortal(OPERATION)).toMatchObject({ healthChecked: false });
    await agent.finalize(OPERATION);
    expect(existsSync(join(bench.live, '.lifeboat'))).toBe(false);
    expect(differences(bench.wanted, bench.live)).toBe('');
  });

  it('restores into a root that does not exist', async () => {
    plant(bench.wanted, NEW);
    const path = join(bench.folder, 'deep/new/home');
    await switched(bench.agent(), bench.vault.capture(bench.wanted), { path });
    expect(differences(bench.wanted, path)).toBe('');
  });

  it('takes from live files what is the same, and fetches only the rest, each chunk once', async () => {
    plant(bench.wanted, NEW);
    const root = bench.vault.capture(bench.wanted);
    mkdirSync(bench.live);
    copy(bench.wanted, bench.live);
    writeFileSync(join(bench.live, 'portal-ext.properties'), 'changed');
    const result = await bench.agent().stage(bench.stage(root), OPERATION);
    expect(result).toMatchObject({ bytesFetched: 6n, filesReplaced: 1n });
    expect(result.bytesSeeded).toBe(result.bytesTotal - 6n);
    // Root, segment, the one changed file.
    expect(bench.vault.sent).toBe(3);
  });

  it('fetches a chunk that several files need once', async () => {
    plant(bench.wanted, { one: BIG, two: BIG });
    const distinct = bench.vault.capture(bench.wanted) && bench.vault.chunks.size;
    mkdirSync(bench.live);
    await bench.agent().stage(bench.stage(bench.vault.capture(bench.wanted)), OPERATION);
    expect(bench.vault.sent).toBe(distinct);
  });

  it('does not trust a live file that only looks the same', async () => {
    // Blocks of zeros inside a chunk: left out when a chunk is written into a new file, but not here.
    const zeros = Buffer.concat([BIG.subarray(0, 4096), Buffer.alloc(8192), BIG.subarray(0, 4096)]);
    plant(bench.wanted, { ...NEW, 'data/zeros.bin': zeros });
    const root = bench.vault.capture(bench.wanted);
    mkdirSync(bench.live);
    copy(bench.wanted, bench.live);
    damageUnseen(join(bench.live, 'osgi/modules/a.jar'), BIG, 50_000);
    damageUnseen(join(bench.live, 'data/zeros.bin'), zeros, 6000);
    const agent = bench.agent();
    const result = await agent.stage(bench.stage(root), OPERATION);
    expect(result.bytesFetched).toBe(2n * 16_384n);
    await prepare(agent, root);
    await agent.recordDecision(decide('switch'), OPERATION);
    await agent.switchTrees(OPERATION);
    expect(differences(bench.wanted, bench.live)).toBe('');
  });

  it('goes on where a broken download left off', async () => {
    plant(bench.wanted, {
      big: Buffer.concat([BIG, Buffer.from(BIG.toReversed()), BIG.map((byte) => byte ^ 5)]),
    });
    const root = bench.vault.capture(bench.wanted);
    bench.vault.breakAfter = 4;
    await switched(bench.agent(), root, { path: join(bench.folder, 'fresh') });
    expect(bench.vault.calls).toBeGreaterThan(3);
    expect(differences(bench.wanted, join(bench.folder, 'fresh'))).toBe('');
  });

  it('leaves every live byte alone until the switch, and after an abort no trace', async () => {
    plant(bench.wanted, NEW);
    plant(bench.live, OLD);
    const before = join(bench.folder, 'before');
    mkdirSync(before);
    copy(bench.live, before);
    const agent = bench.agent();
    const root = bench.vault.capture(bench.wanted);
    await agent.stage(bench.stage(root, { dryRun: true }), OPERATION);
    expect(existsSync(bench.stateDir)).toBe(false);
    await prepare(agent, root);
    expect(differences(before, bench.live)).toBe('');
    expect(agent.inDoubt()).toMatchObject([{ restore: RESTORE }]);
    await agent.abort(OPERATION);
    await agent.abort(OPERATION);
    expect(existsSync(join(bench.live, '.lifeboat'))).toBe(false);
    expect(differences(before, bench.live)).toBe('');
    expect(await readGuard(bench.stateDir)).toBeUndefined();
    await expect(agent.recordDecision(decide('switch'), OPERATION)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('switches Home around a nested document store without touching it', async () => {
    plant(bench.wanted, { ...NEW, ...STORE });
    plant(bench.live, { ...OLD, ...STORE, 'data/document_library/20099/1.0': 'newer', 'data/old/x': 'y' });
    const excludes = ['data/document_library'];
    const store = lstatSync(join(bench.live, excludes[0]!), { bigint: true });
    const root = bench.vault.capture(bench.wanted, excludes);
    await switched(bench.agent(), root, { excludes });
    expect(differences(bench.wanted, bench.live, excludes)).toBe('');
    const after = lstatSync(join(bench.live, excludes[0]!), { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([store.ino, store.mtimeNs]);
    expect(readFileSync(join(bench.live, 'data/document_library/20099/1.0'), 'utf8')).toBe('newer');
    expect(existsSync(join(bench.live, 'data/old'))).toBe(false);
  });

  it('switches Home and the store inside it as two trees', async () => {
    plant(bench.wanted, { ...NEW, ...STORE });
    plant(bench.live, OLD);
    const excludes = ['data/document_library'];
    const [store, home] = [join(bench.wanted, excludes[0]!), join(bench.live, excludes[0]!)];
    const agent = bench.agent();
    const storeStage = bench.stage(bench.vault.capture(store), { path: home, name: 'document-store' });
    await agent.stage(storeStage, OPERATION);
    await switched(agent, bench.vault.capture(bench.wanted, excludes), { excludes });
    expect(differences(bench.wanted, bench.live, ['data/document_library/.lifeboat'])).toBe('');
  });

  it('empties what is cleared, and keeps the emptied directory', async () => {
    plant(bench.wanted, NEW);
    plant(bench.live, { ...OLD, 'work/jsp/x': 'compiled' });
    const cleared = ['osgi/state', 'work', 'temp'];
    await switched(bench.agent(), bench.vault.capture(bench.wanted, ['work']), {
      cleared,
      excludes: ['work'],
    });
    expect(existsSync(join(bench.live, 'osgi/state/cache.bin'))).toBe(false);
    expect(lstatSync(join(bench.live, 'osgi/state')).isDirectory()).toBe(true);
    expect(existsSync(join(bench.live, 'work/jsp'))).toBe(false);
    expect(lstatSync(join(bench.live, 'work')).isDirectory()).toBe(true);
    expect(existsSync(join(bench.live, 'temp'))).toBe(false);
  });

  it('rolls back to exactly the old data, also over what the portal wrote since', async () => {
    plant(bench.wanted, NEW);
    plant(bench.live, OLD);
    const before = join(bench.folder, 'before');
    mkdirSync(before);
    copy(bench.live, before);
    const agent = bench.agent();
    await switched(agent, bench.vault.capture(bench.wanted));
    await agent.startPortal(OPERATION);
    plant(bench.live, {
      'logs/new.log': 'written by the portal',
      'only-old/again': 'recreated',
      empty: 'filled',
    });
    await agent.recordDecision(decide('roll-back'), OPERATION);
    await agent.rollBack(OPERATION);
    await agent.rollBack(OPERATION);
    expect(differences(before, bench.live)).toBe('');
    expect(await readGuard(bench.stateDir)).toMatchObject({ restore: RESTORE });
    await agent.startPortal(OPERATION);
    expect(await readGuard(bench.stateDir)).toBeUndefined();
    await agent.finalize(OPERATION);
    expect(existsSync(join(bench.live, '.lifeboat'))).toBe(false);
    expect(differences(before, bench.live)).toBe('');
  });

  it('rolls back a root that never existed to nothing', async () => {
    plant(bench.wanted, NEW);
    const agent = bench.agent();
    await switched(agent, bench.vault.capture(bench.wanted), { path: join(bench.folder, 'deep/home') });
    await agent.recordDecision(decide('roll-back'), OPERATION);
    await agent.rollBack(OPERATION);
    expect(existsSync(join(bench.folder, 'deep'))).toBe(false);
  });
});

describe('commands', () => {
  it('answer what they answered before, and refuse an epoch that is over', async () => {
    plant(bench.wanted, NEW);
    const agent = bench.agent();
    const root = bench.vault.capture(bench.wanted);
    const first = await agent.stage(bench.stage(root), OPERATION);
    const sent = bench.vault.sent;
    expect(await agent.stage(bench.stage(root), { restoreId: RESTORE, epoch: 2 })).toEqual(first);
    expect(bench.vault.sent).toBe(sent);
    await expect(agent.stage(bench.stage(root), OPERATION)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('keep a second restore out while one is under way', async () => {
    plant(bench.wanted, NEW);
    const agent = bench.agent();
    const root = bench.vault.capture(bench.wanted);
    await agent.stage(bench.stage(root), OPERATION);
    const other = { restoreId: '99999999-1111-4222-8333-444455556666', epoch: 1 };
    await expect(agent.stage(bench.stage(root), other)).rejects.toMatchObject({ code: 'RESTORE_RUNNING' });
  });

  it('do nothing outside the policy', async () => {
    plant(bench.wanted, NEW);
    const root = bench.vault.capture(bench.wanted);
    const refused = (code: string) => ({ code });
    const closed = bench.agent({ policy: { ...bench.policy, mayRestore: false } });
    await expect(closed.stage(bench.stage(root), OPERATION)).rejects.toMatchObject(
      refused('RESTORE_REFUSED'),
    );
    const narrow = bench.agent({ policy: { ...bench.policy, roots: [bench.live] } });
    plant(bench.folder, { 'home/escape': { link: '../wanted' } });
    for (const path of [
      bench.wanted,
      `${bench.live}/../wanted`,
      `${bench.live}/escape/deeper`,
      'home',
      `${bench.live}2`,
    ]) {
      await expect(narrow.stage(bench.stage(root, { path }), OPERATION)).rejects.toMatchObject(
        refused('ROOT_NOT_ALLOWED'),
      );
    }
  });

  it('need a decision, rightly signed, about this restore, and never turn from roll-back to switch', async () => {
    plant(bench.wanted, NEW);
    plant(bench.live, OLD);
    const agent = bench.agent();
    await prepare(agent, bench.vault.capture(bench.wanted));
    await expect(agent.switchTrees(OPERATION)).rejects.toMatchObject({ code: 'IN_DOUBT' });
    await expect(agent.finalize(OPERATION)).rejects.toMatchObject({ code: 'CONFLICT' });
    const forged = { ...decide('switch'), recordJson: decide('roll-back').recordJson };
    await expect(agent.recordDecision(forged, OPERATION)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    const foreign = decide('switch', { restore: '99999999-1111-4222-8333-444455556666' });
    await expect(agent.recordDecision(foreign, OPERATION)).rejects.toMatchObject({ code: 'CONFLICT' });
    await agent.recordDecision(decide('roll-back'), OPERATION);
    await expect(agent.recordDecision(decide('switch', { epoch: 9 }), OPERATION)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(agent.abort(OPERATION)).rejects.toMatchObject({ code: 'CONFLICT' });
    await agent.rollBack(OPERATION);
  });

  it('can be carried out from a decision file, judged by the key kept since the restore began', async () => {
    plant(bench.wanted, NEW);
    plant(bench.live, OLD);
    const first = bench.agent();
    await prepare(first, bench.vault.capture(bench.wanted));
    const { recordJson, signature } = decide('switch');
    const file = join(bench.folder, 'decision.json');
    writeFileSync(
      file,
      JSON.stringify({ record: JSON.parse(recordJson), signature: signature.toString('base64') }),
    );
    const agent = bench.agent({ decisionPublicKey: undefined, idKey: undefined });
    await agent.replay();
    expect(agent.inDoubt()).toHaveLength(1);
    await agent.decideFromFile(file);
    expect(differences(bench.wanted, bench.live)).toBe('');
    expect(await readGuard(bench.stateDir)).toBeUndefined();
  });
});

describe('the journals', () => {
  it('belong to one process at a time, and a dead one does not count', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ');
    mkdirSync(join(bench.stateDir, 'restores'), { recursive: true });
    writeFileSync(join(bench.stateDir, 'restores/owner'), `${child.pid} ${stat[21]}`);
    await expect(bench.agent().replay()).rejects.toMatchObject({ code: 'CONFLICT' });
    child.kill();
    await once(child, 'exit');
    await bench.agent().replay();
    await bench.agent().replay();
  });
});

describe('quiescing', () => {
  it('sees a process that has a file of the tree open, and keeps the guard up', async () => {
    plant(bench.wanted, NEW);
    plant(bench.live, OLD);
    const agent = bench.agent();
    const root = bench.vault.capture(bench.wanted);
    await agent.stage(bench.stage(root), OPERATION);
    const open = join(bench.live, 'portal-ext.properties');
    const child = spawn('tail', ['-f', open], { stdio: ['ignore', 'pipe', 'ignore'], cwd: '/' });
    await once(child.stdout, 'data');
    try {
      await expect(agent.quiesce({ trees: [bench.stage(root).tree!] }, OPERATION)).rejects.toMatchObject({
        code: 'NOT_QUIESCED',
        message: expect.stringContaining(`process ${child.pid} (tail): open file ${open}`),
      });
      expect(await readGuard(bench.stateDir)).toMatchObject({ restore: RESTORE });
      await expect(agent.recordDecision(decide('switch'), OPERATION)).rejects.toMatchObject({
        code: 'IN_DOUBT',
      });
    } finally {
      child.kill();
      await once(child, 'exit');
    }
    const { proof } = await agent.quiesce({ trees: [bench.stage(root).tree!] }, OPERATION);
    expect(proof).toContain(bench.live);
  });

  it('stops a portal by its own action and starts it again after an abort', async () => {
    plant(bench.wanted, NEW);
    plant(bench.live, OLD);
    const pidFile = join(bench.folder, 'pid');
    const script = (text: string): string[] => ['/bin/sh', '-c', text];
    bench.policy.actions = {
      start: script(`cd ${bench.live} && (sleep 600 & echo $! > ${pidFile})`),
      stop: script(`kill $(cat ${pidFile})`),
    };
    const { start, stop } = bench.policy.actions;
    const run = async (argv: string[]): Promise<void> => {
      await once(spawn(argv[0]!, argv.slice(1), { stdio: 'ignore' }), 'exit');
    };
    await run(start!);
    const first = readFileSync(pidFile, 'utf8');
    const agent = bench.agent({ stopGraceMillis: 10_000 });
    await prepare(agent, bench.vault.capture(bench.wanted));
    await agent.abort(OPERATION);
    expect(readFileSync(pidFile, 'utf8')).not.toBe(first);
    await run(stop!);
  });
});
