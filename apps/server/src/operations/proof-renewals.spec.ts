import { expect, it } from '@jest/globals';
import type { Services } from '@lifeboat/coordination';
import { silentLog } from '@lifeboat/kernel';
import { gate, movableClock } from '@lifeboat/testkit';

import { ProofRenewals } from './proof-renewals.ts';

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
const PROOFS = { left: { packs: 0, bytes: 0 }, unproved: 2, oldestProof: new Date(0) };

/** Runs it for so many hours, with a vault that fails in the first. What was asked of the vault, and how long it slept. */
async function renewed(seconds: number, hours: number) {
  const clock = movableClock();
  const asked: unknown[] = [];
  const told: unknown[] = [];
  const slept: number[] = [];
  const over = gate();
  const services = {
    clock,
    log: silentLog,
    catalog: { packs: { proofTotals: async () => PROOFS } },
    vault: {
      renewProofs: async ({ maxMillis, before }: { maxMillis: number; before: Date }) => {
        asked.push({ maxMillis, ageMillis: clock.now().getTime() - before.getTime() });
        if (asked.length === 1) throw new Error('the vault is away');
        return { packs: 1, bytes: 1000 };
      },
    },
  } as unknown as Services;
  const gauges = {
    renewed: (report: unknown) => told.push(report),
    measured: (proofs: unknown) => told.push(proofs),
  };
  const renewals = new ProofRenewals(services, gauges, async (millis) => {
    if (slept.length === hours) await over.pass();
    slept.push(millis);
    clock.advance(millis);
  });
  renewals.start(seconds);
  await over.reached;
  const stopped = renewals.stop();
  over.open();
  await stopped;
  return { asked, told, slept: slept.slice(0, hours) };
}

it('renews what is older than a week in a box of every hour, and tells how old proofs are', async () => {
  const { asked, told, slept } = await renewed(180, 2);
  const box = { maxMillis: 180_000, ageMillis: WEEK };
  expect(asked).toEqual([box, box]);
  expect(slept).toEqual([HOUR - 180_000, HOUR - 180_000]);
  expect(told).toEqual([PROOFS, PROOFS, { packs: 1, bytes: 1000 }, PROOFS]);
});

it('reads nothing when no time is given to it, and still tells', async () => {
  const { asked, told } = await renewed(0, 2);
  expect([asked, told]).toEqual([[], [PROOFS, PROOFS, PROOFS]]);
});
