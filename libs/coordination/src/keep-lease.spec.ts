import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';

import { keepLease } from './keep-lease.ts';
import type { Services } from './services.ts';

/** The lease table, with the database's own clock. */
class Leases {
  readonly #rows = new Map<string, { owner: string; epoch: number; endsAt: number }>();
  renewals = 0;
  reachable = true;

  async acquire(name: string, owner: string, seconds: number): Promise<number | undefined> {
    const row = this.#rows.get(name);
    if (row !== undefined && row.endsAt > Date.now()) return undefined;
    const epoch = (row?.epoch ?? 0) + 1;
    this.#rows.set(name, { owner, epoch, endsAt: Date.now() + seconds * 1000 });
    return epoch;
  }

  async renew(name: string, owner: string, epoch: number, seconds: number): Promise<boolean> {
    this.renewals += 1;
    if (!this.reachable) throw new Error('connection refused');
    const row = this.#rows.get(name);
    if (row?.owner !== owner || row.epoch !== epoch || row.endsAt <= Date.now()) return false;
    row.endsAt = Date.now() + seconds * 1000;
    return true;
  }

  async release(name: string, owner: string, epoch: number): Promise<void> {
    const row = this.#rows.get(name);
    if (row?.owner === owner && row.epoch === epoch) row.endsAt = Date.now();
  }
}

let leases: Leases;

function servicesOf(owner: string): Services {
  return { catalog: { leases }, owner, log: silentLog } as unknown as Services;
}

beforeEach(() => {
  jest.useFakeTimers();
  leases = new Leases();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('keepLease', () => {
  it('refuses a second driver of the cluster while the first one works, however long that takes', async () => {
    await keepLease(servicesOf('one'), 'cluster:c');
    for (let hour = 0; hour < 3; hour += 1) {
      await jest.advanceTimersByTimeAsync(3600_000);
      await expect(keepLease(servicesOf('two'), 'cluster:c')).rejects.toMatchObject({ code: 'CONFLICT' });
    }
  });

  it('lets clusters be driven side by side', async () => {
    await keepLease(servicesOf('one'), 'cluster:c');
    await expect(keepLease(servicesOf('one'), 'cluster:d')).resolves.toMatchObject({ epoch: 1 });
  });

  it('is free at once when released, under a higher epoch, and renewed no more', async () => {
    const first = await keepLease(servicesOf('one'), 'cluster:c');
    await first.release();
    const second = await keepLease(servicesOf('two'), 'cluster:c');
    expect(second.epoch).toBeGreaterThan(first.epoch);
    await second.release();
    const renewals = leases.renewals;
    await jest.advanceTimersByTimeAsync(3600_000);
    expect(leases.renewals).toBe(renewals);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('survives a catalog that is away for a moment', async () => {
    await keepLease(servicesOf('one'), 'cluster:c');
    leases.reachable = false;
    await jest.advanceTimersByTimeAsync(40_000);
    leases.reachable = true;
    await jest.advanceTimersByTimeAsync(60_000);
    await expect(keepLease(servicesOf('two'), 'cluster:c')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('passes to another when its holder is gone for longer than it lasts', async () => {
    const first = await keepLease(servicesOf('one'), 'cluster:c');
    leases.reachable = false;
    await jest.advanceTimersByTimeAsync(61_000);
    leases.reachable = true;
    const second = await keepLease(servicesOf('two'), 'cluster:c');
    expect(second.epoch).toBeGreaterThan(first.epoch);
    await first.release();
    await expect(keepLease(servicesOf('three'), 'cluster:c')).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
