import { randomUUID } from 'node:crypto';
import type { RepairView } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli, Outcome } from '../cli.ts';
import { demandYes } from '../demand-yes.ts';
import { showPhase } from '../output/show-phase.ts';
import { showRepair } from '../output/show-repair.ts';
import { waitUntil } from '../wait-until.ts';

interface Options {
  readonly dryRun?: true;
  readonly readData?: true;
  readonly allowLarge?: true;
  readonly status?: true;
  readonly yes?: true;
}

export function vaultRepair(cli: Cli): Command {
  return new Command('repair')
    .description('mend what can be mended of a damaged vault; nothing is destroyed')
    .option('--dry-run', 'say what would be done, and which sets and files are hit; change nothing')
    .option('--read-data', 'read every byte of every pack, not of suspect ones only')
    .option('--allow-large', 'also when most packs of the vault are gone')
    .option('--status', 'begin none: show the one under way, or the last one')
    .option('--yes', 'do it')
    .action(
      cli.action<Options>(
        async (
          { client, progress },
          { dryRun = false, readData = false, allowLarge = false, status, yes },
        ) => {
          if (status) return outcomeOf(await client.call('getRepair', {}));
          if (!dryRun) demandYes(yes, 'this moves what is damaged aside; --dry-run says what that is');
          await client.call('startRepair', { body: { dryRun, readData, allowLarge } }, randomUUID());
          const ended = await waitUntil<RepairView>(
            () => client.call('getRepair', {}),
            ({ state }) => state !== 'running',
            (seen) => progress.show(showPhase(seen), null),
          );
          return outcomeOf(ended);
        },
      ),
    );
}

/** Exit code 1 too when a set lacks something, or something wrong was left as it is. */
function outcomeOf(repair: RepairView): Outcome {
  const { state, report } = repair;
  const isLeft =
    report !== null &&
    (report.sets.some((set) => set.state === 'hit') ||
      report.items.some(({ outcome }) => outcome === 'left'));
  return { json: repair, text: showRepair(repair), exit: state === 'failed' || isLeft ? 1 : 0 };
}
