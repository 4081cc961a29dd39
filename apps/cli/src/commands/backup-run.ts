import { randomUUID } from 'node:crypto';
import type { BackupSet } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodeOfSet } from '../exit-code-of-set.ts';
import { showSet } from '../output/show-set.ts';
import { waitUntil } from '../wait-until.ts';

const OVER: readonly BackupSet['state'][] = ['sealed', 'proved', 'failed', 'cancelled'];

export function backupRun(cli: Cli): Command {
  return new Command('run')
    .description('take a backup set')
    .requiredOption('--cluster <cluster>')
    .option('--wait', 'until it is sealed, or has failed')
    .action(
      cli.action<{ cluster: string; wait?: true }>(async ({ client, progress }, { cluster, wait }) => {
        const started = await client.call('startSet', { params: { cluster } }, randomUUID());
        if (!wait) return { json: summary(started), text: `Set ${started.set} has been requested.` };
        const set = await waitUntil<BackupSet>(
          () => client.call('getSet', { params: { id: started.set } }),
          ({ state }) => OVER.includes(state),
          (seen) => progress.show(seen.state, seen.progress),
        );
        return { json: summary(set), text: showSet(set), exit: exitCodeOfSet(set) };
      }),
    );
}

/** What scripts rely on comes first (design: fixed outside contracts). */
function summary({ set, state, guarantee, bytes, millis, cluster, point, failure }: BackupSet): object {
  return { set, state, guarantee, bytes, millis, cluster, point, ...(failure && { failure }) };
}
