import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { demandYes } from '../demand-yes.ts';
import { showPolicy } from '../output/show-policy.ts';
import { policyOf, withPolicyOptions, type PolicyOptions } from '../policy-options.ts';

type Options = PolicyOptions & { readonly cluster: string; readonly yes?: true };

export function policySet(cli: Cli): Command {
  return withPolicyOptions(
    new Command('set')
      .description('keep sets of a cluster by this policy from now on')
      .requiredOption('--cluster <cluster>'),
  )
    .option('--yes', 'also when it lets go of sets that there are')
    .action(
      cli.action<Options>(async ({ client }, { cluster, yes, ...options }) => {
        const params = { cluster };
        const policy = policyOf(options);
        const query = { ...policy, days: 0 };
        const { sets } = await client.call('simulatePolicy', { params, query });
        const dropped = sets.filter(({ keep }) => !keep).length;
        if (dropped > 0)
          demandYes(
            yes,
            `this lets go of ${dropped} of ${sets.length} sets: "lifeboat policy simulate" says which`,
          );
        const body = { policy, allowLarge: yes ?? false };
        const view = await client.call('setPolicy', { params, body }, randomUUID());
        return { json: view, text: showPolicy(view) };
      }),
    );
}
