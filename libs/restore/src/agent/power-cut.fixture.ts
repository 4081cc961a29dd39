import { rmSync } from 'node:fs';
import { decide, OPERATION, type Bench } from './restore-agent.fixture.ts';
import type { RestoreAgent } from './restore-agent.ts';

export class PowerCut extends Error {}

export interface CutStory {
  /** Makes the node what it is before the story. */
  readonly prepare: () => Promise<void>;
  readonly story: (agent: RestoreAgent) => Promise<void>;
  /** Of whatever the n-th cut left behind. */
  readonly check: (n: number) => Promise<void>;
}

/** Tells the story again and again, with a power cut before its first change on disk, its second, …; how many there were. */
export async function cutEverywhere(bench: Bench, { prepare, story, check }: CutStory): Promise<number> {
  for (let n = 1; ; n += 1) {
    rmSync(bench.stateDir, { recursive: true, force: true });
    await prepare();
    const wasCut = await cutAt(bench, n, story);
    await check(n);
    if (!wasCut) return n - 1;
  }
}

/** False when the story needed fewer changes. */
async function cutAt(bench: Bench, n: number, story: CutStory['story']): Promise<boolean> {
  let count = 0;
  const agent = bench.agent({
    checkpoint: (what) => {
      count += 1;
      if (count === n) throw new PowerCut(what);
    },
  });
  try {
    await agent.replay();
    await story(agent);
    return false;
  } catch (error) {
    if (error instanceof PowerCut) return true;
    throw error;
  }
}

/** Replay fails at its first change, and before the agent can go on the server has changed its mind. */
export async function rollBackInstead(
  bench: Bench,
  options: Parameters<Bench['agent']>[0] = {},
): Promise<void> {
  let isBroken = true;
  const agent = bench.agent({
    ...options,
    checkpoint: (what) => {
      if (isBroken) throw new PowerCut(what);
    },
  });
  await agent.replay().catch(() => undefined);
  isBroken = false;
  await agent.recordDecision(decide('roll-back', { epoch: 2 }), OPERATION);
  await agent.rollBack(OPERATION);
}
