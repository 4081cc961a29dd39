import type { InputOf } from '@lifeboat/console-api';
import type { Command } from 'commander';
import { wholeNumber } from './whole-number.ts';

export type PolicyOptions = InputOf<'setPolicy'>['body']['policy'];

/** The rules of a policy, as flags. */
export function withPolicyOptions(command: Command): Command {
  return command
    .option('--keep-last <sets>', 'the last sets', wholeNumber)
    .option('--hourly <hours>', 'the newest set of each of so many hours that have sets', wholeNumber)
    .option('--daily <days>', 'the same of days', wholeNumber)
    .option('--weekly <weeks>', 'the same of weeks', wholeNumber)
    .option('--monthly <months>', 'the same of months', wholeNumber)
    .option('--yearly <years>', 'the same of years', wholeNumber)
    .option('--time-zone <zone>', 'in which days begin, such as Europe/Berlin (default: UTC)');
}

export function policyOf(options: PolicyOptions): PolicyOptions {
  const { keepLast, hourly, daily, weekly, monthly, yearly, timeZone } = options;
  const said = Object.entries({ keepLast, hourly, daily, weekly, monthly, yearly, timeZone });
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}
