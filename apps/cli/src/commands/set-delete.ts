import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { demandYes } from '../demand-yes.ts';
import { timeText } from '../output/units.ts';

interface Options {
  readonly reason?: string;
  readonly force?: true;
  readonly yes?: true;
}

export function setDelete(cli: Cli): Command {
  return new Command('delete')
    .description('delete a sealed set; its bytes go with a later prune')
    .argument('<set>', 'its id, or a unique beginning of it')
    .option('--reason <text>', 'kept with the record of the deletion')
    .option('--force', 'also the newest set, which a restore would use')
    .option('--yes', 'do it; without, say what would be deleted')
    .action(
      cli.action<Options>(async ({ client }, { reason, force = false, yes }, id = '') => {
        const { set, cluster, sealedAt } = await client.call('getSet', { params: { id } });
        demandYes(yes, `this deletes set ${set} of cluster ${cluster}, sealed at ${timeText(sealedAt)}`);
        const body = { force, ...(reason !== undefined && { reason }) };
        const deleted = await client.call('deleteSet', { params: { id: set }, body }, randomUUID());
        return {
          json: deleted,
          text: `Set ${deleted.set} is deleted. "lifeboat vault prune" gives back the space that only it needed.`,
        };
      }),
    );
}
