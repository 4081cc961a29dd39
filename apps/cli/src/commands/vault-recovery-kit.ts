import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { RecoveryKitOptions } from '../offline/make-recovery-kit.ts';
import { withSecretOptions } from '../offline/offline-options.ts';

export function vaultRecoveryKit(cli: Cli): Command {
  return withSecretOptions(
    new Command('recovery-kit')
      .description('a page for the safe with the key of a vault; run it on the server’s host')
      .option(
        '--vault <dir>',
        'the directory of the vault: the page names it, and the key is checked against it',
      )
      .option('--output <file>', 'write the page to this new file (mode 0600) instead of the terminal')
      .option('--svg <file>', 'write the QR code to this new file (mode 0600) too'),
  ).action(
    cli.local<RecoveryKitOptions>(async (context, options) =>
      (await import('../offline/make-recovery-kit.ts')).makeRecoveryKit(context, options),
    ),
  );
}
