import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { CheckOfflineOptions } from '../offline/check-offline.ts';
import { withSecretOptions } from '../offline/offline-options.ts';
import { checkOutcome } from '../output/check-outcome.ts';

export function vaultCheck(cli: Cli): Command {
  const byServer = cli.action<{ readData?: true }>(async ({ client }, { readData }) => {
    const body = { readData: readData ?? false };
    return checkOutcome(await client.call('checkVault', { body }, randomUUID()));
  });
  const offline = cli.local<CheckOfflineOptions>(async (context, options) =>
    (await import('../offline/check-offline.ts')).checkOffline(context, options),
  );
  return withSecretOptions(
    new Command('check')
      .description('verify the vault; exit code 1 when something is wrong')
      .option('--read-data', 'read and verify every byte, not the index only')
      .option('--vault <dir>', 'verify the vault in this directory with nothing but its key: no server'),
  ).action(async (options: { vault?: string }, command: Command) =>
    (options.vault === undefined ? byServer : offline)(options, command),
  );
}
