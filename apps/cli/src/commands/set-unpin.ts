import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';

export function setUnpin(cli: Cli): Command {
  return new Command('unpin')
    .description('take the pin of a set away; the policy decides about it again')
    .argument('<set>', 'its id, or a unique beginning of it')
    .action(
      cli.action(async ({ client }, _options, id = '') => {
        const set = await client.call('unpinSet', { params: { id } }, randomUUID());
        return { json: set, text: `Set ${set.set} is pinned no more.` };
      }),
    );
}
