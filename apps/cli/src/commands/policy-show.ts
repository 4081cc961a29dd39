import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { showPolicy } from '../output/show-policy.ts';

export function policyShow(cli: Cli): Command {
  return new Command('show')
    .description('how long sets of a cluster are kept, and which are about to be deleted')
    .requiredOption('--cluster <cluster>')
    .action(
      cli.action<{ cluster: string }>(async ({ client }, { cluster }) => {
        const view = await client.call('getPolicy', { params: { cluster } });
        return { json: view, text: showPolicy(view) };
      }),
    );
}
