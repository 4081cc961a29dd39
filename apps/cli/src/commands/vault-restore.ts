import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withSecretOptions } from '../offline/offline-options.ts';
import type { RestoreOfflineOptions } from '../offline/restore-offline.ts';

export function vaultRestore(cli: Cli): Command {
  return withSecretOptions(
    new Command('restore')
      .description(
        'write a set’s trees and database dump to a directory with nothing but vault and key: no server',
      )
      .requiredOption('--vault <dir>', 'the directory of the vault')
      .requiredOption('--to <dir>', 'a directory that is empty or not there yet')
      .option('--set <set>', 'id of the set or its beginning; the one sealed last unless said')
      .option('--tree <node/tree>', 'one tree only, as "lifeboat vault list --json" names it'),
  ).action(
    cli.local<RestoreOfflineOptions>(async (context, options) =>
      (await import('../offline/restore-offline.ts')).restoreOffline(context, options),
    ),
  );
}
