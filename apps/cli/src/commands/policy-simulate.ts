import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { showSimulation } from '../output/show-policy.ts';
import { policyOf, withPolicyOptions, type PolicyOptions } from '../policy-options.ts';
import { wholeNumber } from '../whole-number.ts';

type Options = PolicyOptions & { readonly cluster: string; readonly days?: number };

export function policySimulate(cli: Cli): Command {
  return withPolicyOptions(
    new Command('simulate')
      .description('what a policy keeps now and in the days to come; changes nothing')
      .requiredOption('--cluster <cluster>')
      .option('--days <days>', 'how long the schedule goes on (default: 30)', wholeNumber),
  ).action(
    cli.action<Options>(async ({ client }, { cluster, days, ...options }) => {
      const query = { ...policyOf(options), days };
      const simulation = await client.call('simulatePolicy', { params: { cluster }, query });
      return { json: simulation, text: showSimulation(simulation) };
    }),
  );
}
