import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { writeSparsely } from './stage-content.ts';

describe('writeSparsely', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lifeboat-sparse-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const BLOCK = 4096;

  it('leaves the bytes that were given, wherever they begin and whatever in them is zero', () => {
    const runs = fc.array(fc.tuple(fc.nat(3 * BLOCK), fc.nat(2)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(runs, fc.nat(2 * BLOCK), (lengths, offset) => {
        const bytes = Buffer.concat(lengths.map(([length, value]) => Buffer.alloc(length, value)));
        expect(written(bytes, offset).content.subarray(offset)).toEqual(bytes);
      }),
    );
  });

  it('takes no room for the blocks of zeros between data', () => {
    const bytes = Buffer.concat([Buffer.from('head'), Buffer.alloc(100 * BLOCK), Buffer.from('tail')]);
    expect(written(bytes, 10).blocks * 512).toBeLessThanOrEqual(3 * BLOCK);
  });

  function written(bytes: Buffer, offset: number): { content: Buffer; blocks: number } {
    const file = join(dir, 'file');
    const fd = openSync(file, 'w');
    ftruncateSync(fd, offset + bytes.length);
    writeSparsely(fd, bytes, offset);
    closeSync(fd);
    return { content: readFileSync(file), blocks: statSync(file).blocks };
  }
});
