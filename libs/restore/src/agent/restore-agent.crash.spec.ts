import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Bench, copy, decide, differences, OPERATION, plant, type Spec } from './restore-agent.fixture.ts';
import { cutEverywhere, rollBackInstead } from './power-cut.fixture.ts';
import type { RestoreAgent } from './restore-agent.ts';
import { readGuard } from './start-guard.ts';

const SET: Spec = { a: 'new a', 'b/c': 'new c', 'data/x': 'new x', 'only-new/y': 'y', 'state/z': 'cache' };
const OLD: Spec = {
  a: 'old a',
  'b/c': 'old c',
  'data/x': 'old',
  'data/store/doc': 'document',
  'only-old/y': 'old y',
};
const EXCLUDES = ['data/store'];

let bench: Bench;
let before: string;
beforeEach(() => {
  bench = new Bench();
  before = join(bench.folder, 'before');
  plant(bench.wanted, SET);
  plant(bench.live, OLD, 1_500_000_000.5);
  mkdirSync(before);
  copy(bench.live, before);
});
afterEach(() => bench.remove());

/** Old data of the start, again before every cut. */
const everyCut = (
  prepare: (agent: RestoreAgent) => Promise<void>,
  story: (agent: RestoreAgent) => Promise<void>,
  check: (n: number) => Promise<void>,
): Promise<number> =>
  cutEverywhere(bench, {
    prepare: async () => {
      rmSync(bench.live, { recursive: true });
      mkdirSync(bench.live);
      copy(before, bench.live);
      await prepare(bench.agent());
    },
    story,
    check,
  });

describe('a power cut between any two steps', () => {
  const stage = () =>
    bench.stage(bench.vault.capture(bench.wanted, EXCLUDES), { excludes: EXCLUDES, cleared: ['state'] });
  const isNew = (): void => {
    rmSync(join(bench.wanted, 'state/z'), { force: true });
    expect(differences(bench.wanted, bench.live, [...EXCLUDES, 'state'])).toBe('');
    expect(existsSync(join(bench.live, 'state/z'))).toBe(false);
    expect(differences(join(before, 'data/store'), join(bench.live, 'data/store'))).toBe('');
  };
  const isOld = (): void => expect(differences(before, bench.live)).toBe('');
  const quiesced = async (agent: RestoreAgent): Promise<void> => {
    await agent.stage(stage(), OPERATION);
    await agent.quiesce({ trees: [] }, OPERATION);
    await agent.settleTrees(OPERATION);
  };

  it('while preparing: the old data are untouched, and an abort leaves no trace', async () => {
    const cuts = await everyCut(
      async () => undefined,
      quiesced,
      async () => {
        isOld();
        const agent = bench.agent();
        await agent.replay();
        isOld();
        await agent.abort(OPERATION);
        isOld();
        expect(existsSync(join(bench.live, '.lifeboat'))).toBe(false);
        expect(await readGuard(bench.stateDir)).toBeUndefined();
      },
    );
    expect(cuts).toBeGreaterThan(8);
  }, 120_000);

  it('while switching: with the decision on record replay ends in all new, without it in all old', async () => {
    const story = async (agent: RestoreAgent): Promise<void> => {
      await agent.recordDecision(decide('switch'), OPERATION);
      await agent.switchTrees(OPERATION);
    };
    const cuts = await everyCut(quiesced, story, async () => {
      const agent = bench.agent();
      await agent.replay();
      if (agent.inDoubt().length > 0) isOld();
      else isNew();
      expect(await readGuard(bench.stateDir)).toBeDefined();
    });
    expect(cuts).toBeGreaterThan(12);
  }, 120_000);

  it('while switching: a roll-back instead ends in all old', async () => {
    const story = async (agent: RestoreAgent): Promise<void> => {
      await agent.recordDecision(decide('switch'), OPERATION);
      await agent.switchTrees(OPERATION);
    };
    await everyCut(quiesced, story, async () => {
      await rollBackInstead(bench);
      isOld();
    });
  }, 120_000);

  it('while rolling back: replay ends in all old', async () => {
    const switched = async (agent: RestoreAgent): Promise<void> => {
      await quiesced(agent);
      await agent.recordDecision(decide('switch'), OPERATION);
      await agent.switchTrees(OPERATION);
      await agent.startPortal(OPERATION);
      plant(bench.live, { 'logs/x': 'new since', 'only-old': 'in the way', 'b/d': 'more' });
      await agent.recordDecision(decide('roll-back'), OPERATION);
    };
    const cuts = await everyCut(
      switched,
      (agent) => agent.rollBack(OPERATION),
      async () => {
        await bench.agent().replay();
        isOld();
      },
    );
    expect(cuts).toBeGreaterThan(8);
  }, 120_000);

  it('while finalizing: replay frees the rest, and the new data stay', async () => {
    const switched = async (agent: RestoreAgent): Promise<void> => {
      await quiesced(agent);
      await agent.recordDecision(decide('switch'), OPERATION);
      await agent.switchTrees(OPERATION);
    };
    await everyCut(
      switched,
      (agent) => agent.finalize(OPERATION),
      async () => {
        const agent = bench.agent();
        await agent.replay();
        await agent.finalize(OPERATION);
        isNew();
        expect(existsSync(join(bench.live, '.lifeboat'))).toBe(false);
      },
    );
  }, 120_000);
});
