import { beforeEach, describe, expect, it } from '@jest/globals';
import { movableClock, type MovableClock } from '@lifeboat/testkit';
import { CommitPace, PACE_MILLIS, STREAM_BYTES, WORTHWHILE_BYTES } from './commit-pace.ts';

let clock: MovableClock;
let pace: CommitPace;
let slept: number[];
beforeEach(() => {
  clock = movableClock();
  slept = [];
  pace = new CommitPace(clock, async (millis) => {
    slept.push(millis);
    clock.advance(millis);
  });
});

describe('the pace of commits', () => {
  it('lets the first one begin at once, and each of a stream a while after the one before', async () => {
    await pace.begin(STREAM_BYTES);
    expect(slept).toEqual([]);
    clock.advance(20);
    await pace.begin(STREAM_BYTES);
    await pace.begin(STREAM_BYTES);
    expect(slept).toEqual([PACE_MILLIS - 20, PACE_MILLIS]);
  });

  it('holds nobody back after a while without any', async () => {
    await pace.begin(STREAM_BYTES);
    clock.advance(PACE_MILLIS);
    await pace.begin(STREAM_BYTES);
    expect(slept).toEqual([]);
  });

  it('holds back neither the little that a set may wait for nor what is worth a commit by itself', async () => {
    await pace.begin(STREAM_BYTES);
    await pace.begin(STREAM_BYTES - 1);
    await pace.begin(WORTHWHILE_BYTES);
    expect(slept).toEqual([]);
  });
});
