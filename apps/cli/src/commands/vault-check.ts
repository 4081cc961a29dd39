import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { LifeboatError } from '@lifeboat/kernel';
import type { Cli } from '../cli.ts';
import { durationSeconds } from '../duration.ts';
import type { CheckOfflineOptions } from '../offline/check-offline.ts';
import { withSecretOptions } from '../offline/offline-options.ts';
import { checkOutcome } from '../output/check-outcome.ts';

interface CheckOptions {
  readonly readData?: true;
  readonly maxDuration?: string;
}

export function vaultCheck(cli: Cli): Command {
  const byServer = cli.action<CheckOptions>(async ({ client }, { readData = false, maxDuration }) => {
    if (maxDuration !== undefined && !readData) {
      throw new LifeboatError('USAGE', '--max-duration is a bound on --read-data', {
        guidance: 'Say --read-data too: without it no data is read.',
      });
    }
    const box = maxDuration === undefined ? {} : { maxSeconds: durationSeconds(maxDuration) };
    const body = { readData, ...box };
    return checkOutcome(await client.call('checkVault', { body }, randomUUID()));
  });
  const offline = cli.local<CheckOfflineOptions>(async (context, options) =>
    (await import('../offline/check-offline.ts')).checkOffline(context, options),
  );
  return withSecretOptions(
    new Command('check')
      .description('verify the vault; exit code 1 when something is wrong')
      .option('--read-data', 'read and verify every byte, not the index only')
      .option(
        '--max-duration <time>',
        'with --read-data: begin no pack later than 30m, 2h…; those proved longest ago are read first',
      )
      .option('--vault <dir>', 'verify the vault in this directory with nothing but its key: no server'),
  ).action(async (options: { vault?: string }, command: Command) =>
    (options.vault === undefined ? byServer : offline)(options, command),
  );
}
