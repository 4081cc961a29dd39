import { expect, it } from '@jest/globals';
import { CHUNK_ID_LENGTH } from '@lifeboat/kernel';
import fc from 'fast-check';
import { inHalves } from './in-halves.ts';

/** The first byte of each id is all that these differ in. */
function idsOf(firsts: readonly number[]): Buffer {
  return Buffer.concat(firsts.map((first) => Buffer.alloc(CHUNK_ID_LENGTH).fill(first)));
}

it('tells what one look-up of all ids tells', async () => {
  const firsts = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 600 });
  await fc.assert(
    fc.asyncProperty(firsts, fc.integer({ min: 1, max: 9 }), async (list, divisor) => {
      const lookUp = (ids: Buffer) =>
        Promise.resolve(
          Array.from({ length: ids.length / CHUNK_ID_LENGTH }, (_, place) => ({
            place,
            first: ids[place * CHUNK_ID_LENGTH]!,
          })).filter(({ first }) => first % divisor === 0),
        );
      expect(await inHalves(idsOf(list), lookUp)).toEqual(await lookUp(idsOf(list)));
    }),
  );
});
