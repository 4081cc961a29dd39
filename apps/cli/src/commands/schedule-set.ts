import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { durationSeconds } from '../duration.ts';
import { showSchedule } from '../output/show-schedule.ts';

interface Options {
  readonly cluster: string;
  readonly cron: string;
  readonly timeZone?: string;
  readonly window?: string[];
  readonly jitter?: string;
  readonly catchUp: boolean;
}

export function scheduleSet(cli: Cli): Command {
  return new Command('set')
    .description('take sets of a cluster by this schedule from now on')
    .requiredOption('--cluster <cluster>')
    .requiredOption('--cron <line>', 'minute, hour, day of month, month, day of week: "0 2 * * *"')
    .option('--time-zone <zone>', 'in which the line is read, such as Europe/Berlin (default: UTC)')
    .option('--window <window...>', 'when sets may begin: "22:00-06:00", "sat,sun 00:00-24:00"')
    .option('--jitter <time>', 'begin up to so much later, each cluster by another time: 10m')
    .option('--no-catch-up', 'do not make up for runs that were missed')
    .action(
      cli.action<Options>(async ({ client }, { cluster, cron, timeZone, window, jitter, catchUp }) => {
        const body = {
          cron,
          ...(timeZone !== undefined && { timeZone }),
          ...(window !== undefined && { windows: window }),
          ...(jitter !== undefined && { jitterSeconds: durationSeconds(jitter) }),
          ...(!catchUp && { catchUp }),
        };
        const view = await client.call('setSchedule', { params: { cluster }, body }, randomUUID());
        return { json: view, text: showSchedule(view) };
      }),
    );
}
