import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { burstOf, emptyBucket, refill, spend, waitMillis, type TokenBucket } from './token-bucket.ts';

const RATE = fc.integer({ min: 131_072, max: 100_000_000 });
const BYTES = fc.integer({ min: 1, max: 8 * 1024 * 1024 });
/** Millisecond of a message, as soon as it may go; idle time before each. */
const MESSAGES = fc.array(fc.record({ idle: fc.integer({ min: 0, max: 3000 }), bytes: BYTES }), {
  minLength: 1,
  maxLength: 40,
});

/** When each message went, the rate at a millisecond being `rateAt`. */
function run(
  messages: readonly { idle: number; bytes: number }[],
  rateAt: (at: number) => number,
): { at: number; bytes: number }[] {
  let at = 0;
  let bucket: TokenBucket = emptyBucket(rateAt(0), 0);
  return messages.map(({ idle, bytes }) => {
    at += idle;
    for (;;) {
      bucket = refill(bucket, rateAt(at), at);
      const spent = spend(bucket, bytes);
      if (spent !== undefined) {
        bucket = spent;
        return { at, bytes };
      }
      at += Math.min(250, waitMillis(bucket, bytes));
    }
  });
}

/** Every window between two messages, both counted. */
function* windows(sent: readonly { at: number; bytes: number }[]) {
  for (const [first, { at: from }] of sent.entries()) {
    let [bytes, largest] = [0, 0];
    for (const message of sent.slice(first)) {
      bytes += message.bytes;
      largest = Math.max(largest, message.bytes);
      yield { from, to: message.at, bytes, largest };
    }
  }
}

describe('a token bucket', () => {
  it('lets through, in any window, no more than the rate allows and one burst', () => {
    fc.assert(
      fc.property(RATE, MESSAGES, (rate, messages) => {
        for (const { from, to, bytes, largest } of windows(run(messages, () => rate)))
          expect(bytes).toBeLessThanOrEqual(
            (rate * (to - from)) / 1000 + Math.max(burstOf(rate), largest) + 1,
          );
      }),
    );
  });

  it('keeps to both rates where one follows the other', () => {
    fc.assert(
      fc.property(RATE, RATE, fc.integer({ min: 0, max: 20_000 }), MESSAGES, (one, two, edge, messages) => {
        const allowed = (from: number, to: number): number =>
          (one * Math.max(0, Math.min(to, edge) - from) + two * Math.max(0, to - Math.max(from, edge))) /
          1000;
        for (const { from, to, bytes, largest } of windows(run(messages, (at) => (at < edge ? one : two))))
          expect(bytes).toBeLessThanOrEqual(
            allowed(from, to) + Math.max(burstOf(one), burstOf(two), largest) + 1,
          );
      }),
    );
  });

  it('starves nobody: whatever waits goes, and what goes without a pause goes at the rate', () => {
    fc.assert(
      fc.property(RATE, MESSAGES, (rate, messages) => {
        const busy = messages.map(({ bytes }) => ({ idle: 0, bytes }));
        const sent = run(busy, () => rate);
        const total = busy.reduce((sum, { bytes }) => sum + bytes, 0);
        // The first waits for a burst at most, each other for what the ones before it took; a millisecond is the grain.
        const millis = ((total + burstOf(rate)) / rate) * 1000 + busy.length;
        expect(sent.at(-1)?.at).toBeLessThanOrEqual(millis);
      }),
    );
  });

  it('is no bound without a limit, and does not pay for it afterwards', () => {
    const free = refill(emptyBucket(1000, 0), Infinity, 1);
    expect([waitMillis(free, 1e12), spend(free, 1e12)]).toEqual([0, free]);
    expect(refill(free, 1000, 100).tokens).toBe(99);
  });
});
