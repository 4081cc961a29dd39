import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { restoreSummary, waitForRestore } from '../wait-for-restore.ts';

export function restoreRollBack(cli: Cli): Command {
  return new Command('roll-back')
    .description('bring the data back that stood there before the restore')
    .argument('<restore>', 'its id, or a unique beginning of it')
    .option('--wait', 'until it is rolled back, or needs an operator')
    .action(
      cli.action<{ wait?: true }>(async (context, { wait }, id = '') => {
        const begun = await context.client.call('rollBackRestore', { params: { id } }, randomUUID());
        if (wait) return waitForRestore(context, begun, 'rolled-back');
        return { json: restoreSummary(begun), text: `Restore ${begun.restore} is ${begun.state}.` };
      }),
    );
}
