import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { restoreSummary } from '../wait-for-restore.ts';

export function restoreFinalize(cli: Cli): Command {
  return new Command('finalize')
    .description('delete the data that the restore set aside; no roll-back afterwards')
    .argument('<restore>', 'its id, or a unique beginning of it')
    .action(
      cli.action(async ({ client }, _options, id = '') => {
        const restore = await client.call('finalizeRestore', { params: { id } }, randomUUID());
        return { json: restoreSummary(restore), text: `Restore ${restore.restore} is finalized.` };
      }),
    );
}
