import { describe, expect, it } from '@jest/globals';
import { assertModest } from './assert-modest.ts';
import { judgePack } from './judge-pack.ts';

describe('a pack', () => {
  it('is kept, repacked or removed by how much of it is dead', () => {
    expect(judgePack({ frames: 1000, dead: 0 })).toBe('keep');
    expect(judgePack({ frames: 1000, dead: 699 })).toBe('keep');
    expect(judgePack({ frames: 1000, dead: 700 })).toBe('repack');
    expect(judgePack({ frames: 1000, dead: 999 })).toBe('repack');
    expect(judgePack({ frames: 1000, dead: 1000 })).toBe('remove');
  });

  it('of which nobody recorded what it holds is kept', () => {
    expect(judgePack({ frames: 0, dead: 0 })).toBe('keep');
  });
});

describe('a prune', () => {
  const extent = { totalBytes: 1000, freedBytes: 500, emptied: [] };

  it('may take half of the vault unasked, and no byte more', () => {
    expect(() => assertModest(extent)).not.toThrow();
    expect(() => assertModest({ ...extent, freedBytes: 501 })).toThrow('501 of 1000 bytes');
  });

  it('may take nothing unasked of a cluster that has no set left', () => {
    expect(() => assertModest({ ...extent, freedBytes: 1, emptied: ['portal'] })).toThrow('cluster portal');
  });
});
