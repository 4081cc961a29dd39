import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { native } from '@lifeboat/file-tree';
import type { StageTree } from '@lifeboat/wire';
import { APART, CLEARED, changeMeanwhile, changeSince, plantDamaged, rot } from './kept-tree.fixture.ts';
import { cutEverywhere, rollBackInstead } from './power-cut.fixture.ts';
import { Bench, copy, decide, differences, OPERATION } from './restore-agent.fixture.ts';
import type { RestoreAgent } from './restore-agent.ts';
import { readGuard } from './start-guard.ts';

let bench: Bench;
let before: string;
beforeEach(() => {
  bench = new Bench();
  before = join(bench.folder, 'before');
});
afterEach(() => bench.remove());

function remember(): void {
  rmSync(before, { recursive: true, force: true });
  mkdirSync(before);
  copy(bench.live, before);
}

/** To the point of the decision; `before` is what the tree was when the portal stopped. */
async function settled(agent = bench.agent()): Promise<RestoreAgent> {
  const command = plantDamaged(bench);
  await agent.stage(command, OPERATION);
  changeMeanwhile(bench);
  remember();
  await agent.quiesce({ trees: [] }, OPERATION);
  await agent.settleTrees(OPERATION);
  return agent;
}

async function switchOver(agent: RestoreAgent): Promise<void> {
  await agent.recordDecision(decide('switch'), OPERATION);
  await agent.switchTrees(OPERATION);
}

async function goBack(agent: RestoreAgent): Promise<void> {
  await agent.recordDecision(decide('roll-back'), OPERATION);
  await agent.rollBack(OPERATION);
}

const inode = (path: string): bigint => lstatSync(join(bench.live, path), { bigint: true }).ino;
const isOld = (): void => expect(differences(before, bench.live, ['.lifeboat'])).toBe('');
const isNew = (): void => {
  expect(differences(bench.wanted, bench.live, APART)).toBe('');
  expect(readFileSync(join(bench.live, 'data/store/doc'), 'utf8')).toBe('newer');
  expect(existsSync(join(bench.live, 'deep/state/cache'))).toBe(false);
};

describe('what is kept in place', () => {
  const KEPT = ['kept/a', 'kept/hole', 'kept/link', 'damaged/b', 'hard/one', 'data/x', 'data/store/doc'];

  it('is not staged, not moved, and the tree is the set’s all the same', async () => {
    const command = plantDamaged(bench);
    const inodes = KEPT.map(inode);
    const agent = bench.agent();
    const staged = await agent.stage(command, OPERATION);
    expect(Number(staged.entriesKept)).toBeGreaterThan(15);
    for (const path of KEPT)
      expect(existsSync(join(bench.live, `.lifeboat/stage-${OPERATION.restoreId}/tree`, path))).toBe(false);
    await agent.quiesce({ trees: [] }, OPERATION);
    expect(await agent.settleTrees(OPERATION)).toMatchObject({ entriesLate: 0 });
    await switchOver(agent);
    isNew();
    expect(KEPT.map(inode)).toEqual(inodes);
    await agent.finalize(OPERATION);
    isNew();
    expect(existsSync(join(bench.live, '.lifeboat'))).toBe(false);
  });

  it('is staged after all when the portal has changed it meanwhile', async () => {
    const agent = await settled();
    expect(await agent.settleTrees(OPERATION)).toMatchObject({ entriesLate: 4 });
    await switchOver(agent);
    isNew();
  });

  it('is as the old tree had it after a roll-back, whatever the new portal did', async () => {
    const agent = await settled();
    await switchOver(agent);
    await agent.startPortal(OPERATION);
    changeSince(bench);
    await goBack(agent);
    isOld();
    await agent.startPortal(OPERATION);
    await agent.finalize(OPERATION);
    isOld();
    expect(existsSync(join(bench.live, '.lifeboat'))).toBe(false);
  });

  it('needs no vault to go back while nothing kept has changed', async () => {
    const agent = await settled();
    await switchOver(agent);
    const alone = bench.agent({ idKey: undefined });
    await alone.replay();
    writeFileSync(join(bench.live, 'kept/new'), 'stray');
    await goBack(alone);
    isOld();
  });

  it('has the node wait, down, for a vault to mend it from', async () => {
    await switchOver(await settled());
    changeSince(bench);
    const alone = bench.agent({ idKey: undefined });
    await alone.replay();
    await expect(goBack(alone)).rejects.toMatchObject({
      code: 'KEPT_CHANGED',
      message: expect.stringContaining('kept/a'),
    });
    expect(await readGuard(bench.stateDir)).toBeDefined();
    const restarted = bench.agent({ idKey: undefined });
    await restarted.replay();
    expect(await readGuard(bench.stateDir)).toBeDefined();
    restarted.welcome({ decisionPublicKey: Buffer.alloc(32), idKey: bench.vault.idKey });
    await restarted.rollBack(OPERATION);
    isOld();
  });

  it('is what its bytes say where its times say nothing', async () => {
    const command = plantDamaged(bench, { captured: new Date(0) });
    const inodes = KEPT.map(inode);
    // Read by a clock on which nothing was written just now.
    const clock = { now: () => new Date(Date.now() + 60_000), monotonic: () => performance.now() };
    const at = (path: string): string => join(bench.live, path);
    rot(at('kept/b'), 20_000);
    rot(at('kept/hole'), 100_000);
    if (native.available)
      native.lsetxattr(Buffer.from(at('kept/attributed')), Buffer.from('user.test'), Buffer.from('other'));
    const agent = bench.agent({ clock });
    await agent.stage(command, OPERATION);
    await agent.quiesce({ trees: [] }, OPERATION);
    await agent.settleTrees(OPERATION);
    await switchOver(agent);
    isNew();
    const rotten = KEPT.indexOf('kept/hole');
    expect(KEPT.map(inode).toSpliced(rotten, 1)).toEqual(inodes.toSpliced(rotten, 1));
  });

  it('does not keep what is to be emptied, also where the set never had it', async () => {
    const command = plantDamaged(bench, { cleared: [...CLEARED, 'kept/work'] });
    mkdirSync(join(bench.live, 'kept/work'));
    writeFileSync(join(bench.live, 'kept/work/compiled'), 'stale');
    const file = inode('kept/a');
    remember();
    const agent = bench.agent();
    await agent.stage(command, OPERATION);
    await agent.quiesce({ trees: [] }, OPERATION);
    await agent.settleTrees(OPERATION);
    await switchOver(agent);
    expect(readdirSync(join(bench.live, 'kept/work'))).toEqual([]);
    expect(inode('kept/a')).toBe(file);
    await goBack(agent);
    isOld();
  });

  it('is nothing when asked so', async () => {
    const agent = bench.agent();
    expect(await agent.stage(plantDamaged(bench, { keep: 'nothing' }), OPERATION)).toMatchObject({
      entriesKept: 0n,
    });
    const file = inode('kept/a');
    await agent.quiesce({ trees: [] }, OPERATION);
    await agent.settleTrees(OPERATION);
    await switchOver(agent);
    isNew();
    expect(inode('kept/a')).not.toBe(file);
  });

  it('is counted before anything is done', async () => {
    const survey = await bench.agent().stage({ ...plantDamaged(bench), dryRun: true }, OPERATION);
    expect(survey).toMatchObject({ filesReplaced: 8n, entriesRemoved: 2n });
    expect(Number(survey.entriesKept)).toBeGreaterThan(15);
    expect(existsSync(join(bench.live, '.lifeboat'))).toBe(false);
  });

  it('is settled only once the portal is proven stopped, and a switch needs that', async () => {
    const agent = bench.agent();
    await agent.stage(plantDamaged(bench), OPERATION);
    await expect(agent.settleTrees(OPERATION)).rejects.toMatchObject({ code: 'CONFLICT' });
    await agent.quiesce({ trees: [] }, OPERATION);
    await expect(agent.recordDecision(decide('switch'), OPERATION)).rejects.toMatchObject({
      code: 'IN_DOUBT',
    });
    // The portal may have run between a server's first try and its second.
    await agent.settleTrees(OPERATION);
    const later = { ...OPERATION, epoch: 2 };
    await agent.quiesce({ trees: [] }, later);
    await expect(agent.recordDecision(decide('switch', { epoch: 2 }), later)).rejects.toMatchObject({
      code: 'IN_DOUBT',
    });
  });
});

describe('a power cut between any two steps, with entries kept in place', () => {
  it('while preparing: the old data are untouched, and an abort leaves no trace', async () => {
    let command: StageTree;
    await cutEverywhere(bench, {
      prepare: async () => {
        command = plantDamaged(bench);
        remember();
      },
      story: async (agent) => {
        await agent.stage(command, OPERATION);
        changeMeanwhile(bench);
        remember();
        await agent.quiesce({ trees: [] }, OPERATION);
        await agent.settleTrees(OPERATION);
      },
      check: async () => {
        isOld();
        const agent = bench.agent();
        await agent.replay();
        await agent.abort(OPERATION);
        isOld();
        expect(existsSync(join(bench.live, '.lifeboat'))).toBe(false);
      },
    });
  }, 600_000);

  it('while switching: with the decision on record replay ends in all new, without it in all old', async () => {
    const cuts = await cutEverywhere(bench, {
      prepare: async () => void (await settled()),
      story: switchOver,
      check: async () => {
        const agent = bench.agent();
        await agent.replay();
        if (agent.inDoubt().length > 0) isOld();
        else isNew();
      },
    });
    expect(cuts).toBeGreaterThan(35);
  }, 600_000);

  it('while switching: a roll-back instead ends in all old, without the vault', async () => {
    await cutEverywhere(bench, {
      prepare: async () => void (await settled()),
      story: switchOver,
      check: async () => {
        await rollBackInstead(bench, { idKey: undefined });
        isOld();
      },
    });
  }, 600_000);

  it('while rolling back over what the new portal did: replay ends in all old', async () => {
    const cuts = await cutEverywhere(bench, {
      prepare: async () => {
        const agent = await settled();
        await switchOver(agent);
        await agent.startPortal(OPERATION);
        changeSince(bench);
        await agent.recordDecision(decide('roll-back'), OPERATION);
      },
      story: (agent) => agent.rollBack(OPERATION),
      check: async () => {
        await bench.agent().replay();
        isOld();
      },
    });
    expect(cuts).toBeGreaterThan(50);
  }, 600_000);
});
