import { randomUUID } from 'node:crypto';
import { LifeboatError } from '@lifeboat/kernel';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { durationSeconds } from '../duration.ts';
import { timeText } from '../output/units.ts';

interface Options {
  readonly reason: string;
  readonly until?: string;
  readonly for?: string;
}

export function setPin(cli: Cli): Command {
  return new Command('pin')
    .description('keep a set, whatever the policy says')
    .argument('<set>', 'its id, or a unique beginning of it')
    .requiredOption('--reason <text>', 'why')
    .option('--until <time>', 'when the pin ends: 2027-01-31, or with its time 2027-01-31T18:00:00Z')
    .option('--for <time>', 'the same, from now: 90d')
    .action(
      cli.action<Options>(async ({ client }, { reason, ...when }, id = '') => {
        const until = endOf(when);
        const body = { reason, ...(until !== undefined && { until: until.toISOString() }) };
        const set = await client.call('pinSet', { params: { id }, body }, randomUUID());
        const ends = set.pin?.until ? `until ${timeText(set.pin.until)}` : 'until it is unpinned';
        return { json: set, text: `Set ${set.set} is kept ${ends}.` };
      }),
    );
}

/** Undefined: it does not end by itself. USAGE. */
function endOf({ until, for: length }: Pick<Options, 'until' | 'for'>): Date | undefined {
  if (until !== undefined && length !== undefined)
    throw new LifeboatError('USAGE', 'give --until or --for, not both');
  if (length !== undefined) return new Date(Date.now() + durationSeconds(length) * 1000);
  if (until === undefined) return undefined;
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(until);
  const end = new Date(until);
  if (isTime && !Number.isNaN(end.getTime())) return end;
  throw new LifeboatError('USAGE', `${JSON.stringify(until)} is not a time`, {
    guidance: 'Write a day, 2027-01-31, or a time with its zone, 2027-01-31T18:00:00Z.',
  });
}
