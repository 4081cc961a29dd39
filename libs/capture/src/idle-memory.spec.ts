import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { IdleMemory } from './idle-memory.ts';

const LONG = 60_000;

let cleared: number;
let memory: IdleMemory;

beforeEach(() => {
  jest.useFakeTimers();
  cleared = 0;
  memory = new IdleMemory(() => (cleared += 1));
});
afterEach(() => void jest.useRealTimers());

describe('IdleMemory', () => {
  it('lets go once when nothing was in use for a while, and again after the next use', () => {
    memory.begin();
    memory.end();
    expect(cleared).toBe(0);
    jest.advanceTimersByTime(LONG);
    expect(cleared).toBe(1);
    memory.begin();
    memory.end();
    jest.advanceTimersByTime(LONG);
    expect(cleared).toBe(2);
  });

  it('keeps what it has while one of several is in use, or when the next began soon', () => {
    memory.begin();
    memory.begin();
    memory.end();
    jest.advanceTimersByTime(LONG);
    memory.end();
    memory.begin();
    jest.advanceTimersByTime(LONG);
    expect(cleared).toBe(0);
  });
});
