import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { Standstill, STANDSTILL_MILLIS } from './standstill.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('a standstill', () => {
  it('lets pass before it begins, and after it was ended', async () => {
    const standstill = new Standstill();
    expect(standstill.over).toBeUndefined();
    standstill.begin();
    const { over } = standstill;
    expect(over).toBeDefined();
    standstill.end();
    await over;
    expect(standstill.over).toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends by itself before the server gives up', async () => {
    const standstill = new Standstill();
    standstill.begin();
    const { over } = standstill;
    jest.advanceTimersByTime(STANDSTILL_MILLIS);
    await over;
    expect(standstill.over).toBeUndefined();
  });

  it('never begins once it was ended', () => {
    const standstill = new Standstill();
    standstill.end();
    standstill.begin();
    expect(standstill.over).toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
  });
});
