import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { isSlug, isUuid, uuidFromBytes, uuidToBytes } from './ids.ts';

describe('ids', () => {
  it('gives every UUID back from its 16 bytes', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        expect(isUuid(uuid)).toBe(true);
        expect(uuidToBytes(uuid)).toHaveLength(16);
        expect(uuidFromBytes(uuidToBytes(uuid))).toBe(uuid);
      }),
    );
  });

  it('takes no other spelling of a UUID: it becomes a file name', () => {
    const uuid = '0c9fdc04-5b5c-4f6b-9a4e-6d1a1a4a0001';
    for (const other of [
      uuid.toUpperCase(),
      `${uuid}\n`,
      `{${uuid}}`,
      uuid.replaceAll('-', ''),
      '../etc',
      '',
    ])
      expect({ other, is: isUuid(other) }).toEqual({ other, is: false });
  });

  it('takes names that are safe in paths and object keys, and no others', () => {
    for (const name of ['a', 'node-1', '0', 'a'.repeat(63)])
      expect({ name, is: isSlug(name) }).toEqual({ name, is: true });
    for (const name of ['', '-a', 'a-', 'A', 'a.b', 'a/b', '..', 'a_b', 'ä', 'a\n', 'a'.repeat(64)])
      expect({ name, is: isSlug(name) }).toEqual({ name, is: false });
  });
});
