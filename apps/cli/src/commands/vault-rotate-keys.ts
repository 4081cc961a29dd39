import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { demandYes } from '../demand-yes.ts';

interface Options {
  readonly yes?: true;
}

export function vaultRotateKeys(cli: Cli): Command {
  return new Command('rotate-keys')
    .description('seal with new keys from now on; the recovery kit has to be printed anew')
    .option('--yes', 'do it')
    .action(
      cli.action<Options>(async ({ client }, { yes }) => {
        demandYes(yes, 'every recovery kit printed so far will not open what is sealed from then on');
        const rotated = await client.call('rotateKeys', {}, randomUUID());
        const text = [
          `Key epoch ${rotated.keyEpoch} has begun. The key file is the only copy of its secret: print the recovery kit now, on`,
          `the server’s host, and keep it where the one before lay. Copies of the key file are to be made anew too.`,
          '',
          `    lifeboat vault recovery-kit --key ${rotated.keyFile}`,
          '',
          'Older kits still open what was sealed before, and so does a key that was stolen: see docs/key-rotation.md.',
        ].join('\n');
        return { json: rotated, text };
      }),
    );
}
