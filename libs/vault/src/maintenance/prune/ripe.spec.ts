import { describe, expect, it } from '@jest/globals';
import type { SweptPrune } from '@lifeboat/catalog';
import type { ClusterId } from '@lifeboat/kernel';
import fc from 'fast-check';
import { ripeByCluster, ripePrunes } from './ripe.ts';

const PORTAL = 'portal' as ClusterId;
const OTHER = 'other' as ClusterId;
const at = (millis: number): Date => new Date(millis);
const swept = (id: number, order: number, millis: number): SweptPrune => ({
  id,
  swept: BigInt(order),
  sweptAt: at(millis),
});

describe('a prune is ripe', () => {
  const earlier = [swept(1, 10, 0), swept(2, 20, 500), swept(3, 30, 900)];

  it('when it swept before this one began and the grace has passed, to the millisecond', () => {
    const ripe = (now: number): number[] => ripePrunes(earlier, 25n, { now: at(now), graceMillis: 1000 });
    expect(ripe(999)).toEqual([]);
    expect(ripe(1000)).toEqual([1]);
    expect(ripe(100_000)).toEqual([1, 2]);
  });

  it('only for clusters in which nothing goes on that began before it had swept', () => {
    const unfinished = [
      { cluster: PORTAL, began: 25n },
      { cluster: PORTAL, began: 15n },
    ];
    const ripe = ripeByCluster({ began: 40n, earlier, unfinished }, { now: at(10_000), graceMillis: 0 });
    expect(ripe(PORTAL)).toEqual([1]);
    expect(ripe(OTHER)).toEqual([1, 2, 3]);
  });

  it('never because of a clock alone, and never early because of one', () => {
    const prunes = fc.array(fc.tuple(fc.nat(50), fc.nat(1000)), { maxLength: 6 });
    const running = fc.array(fc.nat(50), { maxLength: 4 });
    fc.assert(
      fc.property(
        prunes,
        running,
        fc.nat(50),
        fc.nat(3000),
        fc.nat(2000),
        (made, begins, began, now, grace) => {
          const known = made.map(([order, millis], index) => swept(index + 1, order, millis));
          const unfinished = begins.map((each) => ({ cluster: PORTAL, began: BigInt(each) }));
          const begin = { began: BigInt(began), earlier: known, unfinished };
          const ripe = ripeByCluster(begin, { now: at(now), graceMillis: grace })(PORTAL);
          for (const { id, swept: place, sweptAt } of known) {
            const safe = place < BigInt(began) && unfinished.every((each) => place < each.began);
            expect(ripe.includes(id)).toBe(safe && sweptAt.getTime() + grace <= now);
          }
        },
      ),
    );
  });
});
