import { describe, expect, it } from '@jest/globals';

import { freeNow } from './free-now.ts';

describe('freeing a buffer by hand', () => {
  it('gives its memory back at once', () => {
    const buffer = Buffer.allocUnsafeSlow(1024 * 1024);
    const { buffer: memory } = buffer;
    freeNow(buffer);
    expect([buffer.length, memory.byteLength]).toEqual([0, 0]);
  });

  it('leaves alone what shares its memory with others', () => {
    const whole = Buffer.alloc(100, 7);
    freeNow(whole.subarray(10, 20));
    expect(whole.length).toBe(100);
    expect(whole.every((byte) => byte === 7)).toBe(true);
  });
});
