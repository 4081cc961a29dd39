import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { showSchedule } from '../output/show-schedule.ts';

export function scheduleRemove(cli: Cli): Command {
  return new Command('remove')
    .description('take sets of a cluster only when they are asked for')
    .requiredOption('--cluster <cluster>')
    .action(
      cli.action<{ cluster: string }>(async ({ client }, { cluster }) => {
        const view = await client.call('removeSchedule', { params: { cluster } }, randomUUID());
        return { json: view, text: showSchedule(view) };
      }),
    );
}
