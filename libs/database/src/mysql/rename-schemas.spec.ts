import { describe, expect, it } from '@jest/globals';
import { renameSchemas } from './rename-schemas.ts';

const NAMES = new Map([
  ['lportal', 'lportal_lb_1'],
  ['a`b', 'x`y'],
]);

describe('renameSchemas', () => {
  it.each([
    [
      'select `lportal`.`Company`.`webId` from `lportal`.`Company`',
      'select `lportal_lb_1`.`Company`.`webId` from `lportal_lb_1`.`Company`',
    ],
    ['from `a``b`.`t`', 'from `x``y`.`t`'],
    // A table or a column of that name is none.
    [
      'select `other`.`lportal`.`lportal` AS `lportal` from `other`.`lportal`',
      'select `other`.`lportal`.`lportal` AS `lportal` from `other`.`lportal`',
    ],
    // What stands in quotes is data.
    [
      "where `w` <> '`lportal`.`x` it\\'s ''`lportal`.`y`'",
      "where `w` <> '`lportal`.`x` it\\'s ''`lportal`.`y`'",
    ],
    ['where `w` = "`lportal`.`x`"', 'where `w` = "`lportal`.`x`"'],
  ])('%s', (sql, renamed) => {
    expect(renameSchemas(sql, NAMES)).toBe(renamed);
  });
});
