import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CapturedDump } from '@lifeboat/capture/agent';
import type { Pin } from '@lifeboat/database';
import { silentLog } from '@lifeboat/kernel';
import { HeldSnapshots } from './held-snapshots.ts';

class FakePin {
  released = 0;
  readonly openedAt = new Date(0);
  readonly position = null;
  async release(): Promise<void> {
    this.released += 1;
  }
  get asPin(): Pin {
    return this as unknown as Pin;
  }
}

function fakeDump(): CapturedDump & { end(): void; cancelled: boolean } {
  const { promise, resolve, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  return {
    secondLook: Promise.resolve(undefined),
    goOn: () => undefined,
    finished: promise,
    cancelled: false,
    end: resolve as () => void,
    async cancel() {
      this.cancelled = true;
      reject(new Error('cancelled'));
    },
  };
}

const GONE = { code: 'DATABASE_DUMP_FAILED', guidance: expect.stringContaining('restarted') };

describe('snapshots held for the server', () => {
  let held: HeldSnapshots;
  let pin: FakePin;
  beforeEach(() => {
    jest.useFakeTimers();
    held = new HeldSnapshots(silentLog);
    pin = new FakePin();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const open = (id = 'pin', operation = 'set') => held.open(id, operation, async () => pin.asPin);

  it('are there until they are released, and released once', async () => {
    await open();
    expect(await held.use('pin', async (given) => given.openedAt)).toEqual(new Date(0));
    await held.release('pin');
    await held.release('pin');
    expect(pin.released).toBe(1);
    await expect(held.use('pin', async () => 1)).rejects.toMatchObject(GONE);
  });

  it('tell that the agent was restarted when they are not there', async () => {
    await expect(held.startDump('pin', 'dump', fakeDump)).rejects.toMatchObject(GONE);
    expect(() => held.dump('dump')).toThrow(expect.objectContaining(GONE));
    await held.cancel('dump');
    await held.release('pin');
  });

  it('of an earlier operation give way to those of the next', async () => {
    await open('old', 'set-1');
    await open('older', 'set-1');
    pin = new FakePin();
    const before = pin;
    await open('new', 'set-2');
    await expect(held.use('old', async () => 1)).rejects.toMatchObject(GONE);
    await expect(held.use('older', async () => 1)).rejects.toMatchObject(GONE);
    expect(before.released).toBe(0);
    expect(await held.use('new', async () => 1)).toBe(1);
  });

  it('are let go when nobody asks for them for an hour, but not under a dump that runs', async () => {
    await open();
    const dump = fakeDump();
    await held.startDump('pin', 'dump', () => dump);
    await jest.advanceTimersByTimeAsync(5 * 3600_000);
    expect(pin.released).toBe(0);
    dump.end();
    await jest.advanceTimersByTimeAsync(1800_000);
    expect(held.dump('dump')).toBe(dump);
    expect(pin.released).toBe(0);
    await jest.advanceTimersByTimeAsync(1801_000);
    expect(pin.released).toBe(1);
  });

  it('end their dumps before they end themselves', async () => {
    await open();
    const dump = fakeDump();
    await held.startDump('pin', 'dump', () => dump);
    await held.close();
    expect(dump.cancelled).toBe(true);
    expect(pin.released).toBe(1);
  });

  it('that were asked to go while they opened are not left open', async () => {
    const opening = Promise.withResolvers<Pin>();
    const opened = held.open('pin', 'set', () => opening.promise);
    const released = held.release('pin');
    opening.resolve(pin.asPin);
    await Promise.all([opened, released]);
    expect(pin.released).toBe(1);
  });

  it('are not held when they could not be opened', async () => {
    const failing = held.open('pin', 'set', () => Promise.reject(new Error('no database')));
    await expect(failing).rejects.toThrow('no database');
    await expect(held.use('pin', async () => 1)).rejects.toMatchObject(GONE);
  });
});
