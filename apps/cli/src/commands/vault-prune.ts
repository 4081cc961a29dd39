import { randomUUID } from 'node:crypto';
import type { PruneView } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli, Outcome } from '../cli.ts';
import { demandYes } from '../demand-yes.ts';
import { showPhase } from '../output/show-phase.ts';
import { showPrune } from '../output/show-prune.ts';
import { waitUntil } from '../wait-until.ts';

interface Options {
  readonly dryRun?: true;
  readonly allowLarge?: true;
  readonly status?: true;
  readonly yes?: true;
}

export function vaultPrune(cli: Cli): Command {
  return new Command('prune')
    .description('give back the space that no set needs any more')
    .option('--dry-run', 'say what would be done, and change nothing')
    .option('--allow-large', 'also when most of the vault, or all of a cluster, would go')
    .option('--status', 'begin none: show the one under way, or the last one')
    .option('--yes', 'do it')
    .action(
      cli.action<Options>(
        async ({ client, progress }, { dryRun = false, allowLarge = false, status, yes }) => {
          if (status) return outcomeOf(await client.call('getPrune', {}));
          if (!dryRun) demandYes(yes, 'this deletes what no set needs; --dry-run says how much that is');
          await client.call('startPrune', { body: { dryRun, allowLarge } }, randomUUID());
          const ended = await waitUntil<PruneView>(
            () => client.call('getPrune', {}),
            ({ state }) => state !== 'running',
            (seen) => progress.show(showPhase(seen), null),
          );
          return outcomeOf(ended);
        },
      ),
    );
}

function outcomeOf(prune: PruneView): Outcome {
  const failed = prune.state === 'failed' || prune.state === 'interrupted';
  return { json: prune, text: showPrune(prune), exit: failed ? 1 : 0 };
}
