import { describe, expect, it } from '@jest/globals';

import { assertLittleSent } from './assert-little-sent.ts';

describe('assertLittleSent', () => {
  const surveys = [{ entries: 10, files: 10, bytes: 1_000_000, distinctFiles: 10 }];

  it('lets pass what sent a little, and what has no wire', () => {
    assertLittleSent('a', { wire: 20_000 }, surveys);
    assertLittleSent('a', {}, surveys);
  });

  it('refuses what sent the corpus again', () => {
    expect(() => assertLittleSent('a', { wire: 300_000 }, surveys)).toThrow('a: it sent 300000 bytes');
  });
});
