import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hashedPack } from './hashed-pack.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a pack that is hashed while it is read', () => {
  it('has the digest of all its bytes, whatever was read of it before, twice or out of order', async () => {
    const reads = fc.array(fc.tuple(fc.nat(300), fc.nat(100)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 256 }), reads, async (content, asked) => {
        const bytes = Buffer.from(content);
        const { pack, digest } = hashedPack({
          label: 'pack',
          size: async () => bytes.length,
          read: async (offset, length) => bytes.subarray(offset, offset + length),
        });
        for (const [offset, length] of asked) {
          expect(await pack.read(offset, length)).toEqual(bytes.subarray(offset, offset + length));
        }
        expect(await digest()).toBe(sha256(bytes));
      }),
    );
  });
});
