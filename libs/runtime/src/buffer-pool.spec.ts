import { describe, expect, it } from '@jest/globals';
import { BufferPool } from './buffer-pool.ts';

describe('BufferPool', () => {
  it('gives out again what was given back, and keeps no more than it should', () => {
    const buffers = new BufferPool(100, 1);
    const [first, second] = [buffers.take(10), buffers.take(100)];
    expect([first.length, second.length]).toEqual([100, 100]);
    buffers.give(first);
    buffers.give(second);
    expect(buffers.take(50)).toBe(first);
    expect(buffers.take(50)).not.toBe(second);
  });

  it('makes a larger one for what is larger, and does not keep that', () => {
    const buffers = new BufferPool(100, 1);
    const large = buffers.take(101);
    expect(large.length).toBe(101);
    buffers.give(large);
    expect(buffers.take(100).length).toBe(100);
  });
});
