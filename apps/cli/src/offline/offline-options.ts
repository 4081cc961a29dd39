import type { Command } from 'commander';

/** Where a command finds the root secret: exactly one of them. */
export interface SecretOptions {
  readonly key?: string;
  readonly fromKit?: string;
}

export interface OfflineOptions extends SecretOptions {
  readonly vault: string;
}

export function withSecretOptions(command: Command): Command {
  return command
    .option('--key <file>', 'the vault’s key file, readable by its owner alone')
    .option(
      '--from-kit <file>',
      'the typed-in text of the vault’s recovery kit instead; - for standard input',
    );
}
