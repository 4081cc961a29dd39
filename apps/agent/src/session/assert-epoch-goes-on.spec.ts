import { expect, it } from '@jest/globals';
import { assertEpochGoesOn } from './assert-epoch-goes-on.ts';

const at = (epoch: number, vault = 'a') => ({ vault, epoch });

it.each([
  [at(1), undefined],
  [at(2), at(2)],
  [at(3), at(1)],
  [at(1, 'a new vault'), at(3)],
])('an agent seals in an epoch that goes on: %j after %j', (asked, seen) => {
  expect(() => assertEpochGoesOn(asked, seen)).not.toThrow();
});

it.each([
  [at(0), undefined],
  [at(1), at(2)],
  [at(0, 'a new vault'), at(3)],
])('an agent does not seal in an epoch that is over: %j after %j', (asked, seen) => {
  expect(() => assertEpochGoesOn(asked, seen)).toThrow(expect.objectContaining({ code: 'PROTOCOL_BREACH' }));
});
