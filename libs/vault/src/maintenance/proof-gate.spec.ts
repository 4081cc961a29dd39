import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { movableClock, type MovableClock } from '@lifeboat/testkit';
import { ProofGate } from './proof-gate.ts';

let clock: MovableClock;
let gate: ProofGate;
let slept: number;
/** What happens while the gate sleeps. */
let meanwhile: () => void;
beforeEach(() => {
  clock = movableClock();
  slept = 0;
  meanwhile = () => undefined;
  gate = new ProofGate(clock, async (millis) => {
    slept += millis;
    clock.advance(millis);
    meanwhile();
  });
});

/** Whether a proof that stands before the gate gets in, now that all that is due has happened. */
async function isThrough(entering: Promise<void>): Promise<boolean> {
  let through = false;
  void entering.then(() => (through = true));
  await setImmediate();
  return through;
}

describe('the gate of the proof', () => {
  it('is open when nothing else goes on', async () => {
    await gate.entrance()();
    expect(slept).toBe(0);
  });

  it('is closed until the last pause is given back, each counting once', async () => {
    const [first, second] = [gate.pause(), gate.pause()];
    const entering = gate.entrance()();
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(await isThrough(entering)).toBe(false);
    second[Symbol.dispose]();
    expect(await isThrough(entering)).toBe(true);
    const third = gate.pause();
    expect(await isThrough(gate.entrance()())).toBe(false);
    third[Symbol.dispose]();
  });

  it('stays closed for a second after something came in', async () => {
    gate.ingested();
    clock.advance(400);
    await gate.entrance()();
    expect(slept).toBe(600);
  });

  it('is closed by a pause that begins while it waits for ingest', async () => {
    gate.ingested();
    let pause: Disposable | undefined;
    meanwhile = () => (pause = gate.pause());
    const entering = gate.entrance()();
    expect(await isThrough(entering)).toBe(false);
    pause?.[Symbol.dispose]();
    expect(await isThrough(entering)).toBe(true);
  });

  it('opens all the same when ingest never ends: a proof waits for it half a minute, not half a minute a pack', async () => {
    gate.ingested();
    meanwhile = () => gate.ingested();
    const enter = gate.entrance();
    await enter();
    await enter();
    expect(slept).toBe(30_000);
    await gate.entrance()();
    expect(slept).toBe(60_000);
  });
});
