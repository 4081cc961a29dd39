import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withSecretOptions, type OfflineOptions } from '../offline/offline-options.ts';

export function vaultList(cli: Cli): Command {
  return withSecretOptions(
    new Command('list')
      .description('the sets in a vault, read with nothing but its key: no server')
      .requiredOption('--vault <dir>', 'the directory of the vault'),
  ).action(
    cli.local<OfflineOptions>(async (context, options) =>
      // Loaded when wanted: no other command needs what reads a vault.
      (await import('../offline/list-offline.ts')).listOffline(context, options),
    ),
  );
}
