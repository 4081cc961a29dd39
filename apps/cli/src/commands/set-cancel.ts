import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';

export function setCancel(cli: Cli): Command {
  return new Command('cancel')
    .description('stop a running set; what it owes is undone')
    .argument('<set>', 'its id, or a unique beginning of it')
    .action(
      cli.action(async ({ client }, _options, id = '') => {
        const set = await client.call('cancelSet', { params: { id } }, randomUUID());
        return { json: set, text: `Set ${set.set} is ${set.state}.` };
      }),
    );
}
