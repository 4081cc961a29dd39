import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { showPolicy } from '../output/show-policy.ts';

export function policyRemove(cli: Cli): Command {
  return new Command('remove')
    .description('keep all sets of a cluster, those that are about to be deleted among them')
    .requiredOption('--cluster <cluster>')
    .action(
      cli.action<{ cluster: string }>(async ({ client }, { cluster }) => {
        const view = await client.call('removePolicy', { params: { cluster } }, randomUUID());
        return { json: view, text: showPolicy(view) };
      }),
    );
}
