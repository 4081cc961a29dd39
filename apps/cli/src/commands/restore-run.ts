import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { restoreSummary, waitForRestore } from '../wait-for-restore.ts';

export function restoreRun(cli: Cli): Command {
  return new Command('run')
    .description('run a restore plan')
    .argument('<plan>', 'its id, from restore plan')
    .option('--wait', 'until it is completed, or has ended otherwise')
    .action(
      cli.action<{ wait?: true }>(async (context, { wait }, plan = '') => {
        const begun = await context.client.call('startRestore', { body: { plan } }, randomUUID());
        if (wait) return waitForRestore(context, begun, 'completed');
        return { json: restoreSummary(begun), text: `Restore ${begun.restore} has been requested.` };
      }),
    );
}
