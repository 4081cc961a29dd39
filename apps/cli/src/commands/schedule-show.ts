import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { showSchedule } from '../output/show-schedule.ts';

export function scheduleShow(cli: Cli): Command {
  return new Command('show')
    .description('when sets of a cluster are taken, and what was missed')
    .requiredOption('--cluster <cluster>')
    .action(
      cli.action<{ cluster: string }>(async ({ client }, { cluster }) => {
        const view = await client.call('getSchedule', { params: { cluster } });
        return { json: view, text: showSchedule(view) };
      }),
    );
}
