import { randomUUID } from 'node:crypto';
import { LifeboatError } from '@lifeboat/kernel';
import { KEEP_RULES, type KeepRule } from '@lifeboat/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { showPlan } from '../output/show-plan.ts';

interface Options {
  readonly set: string;
  readonly keep: KeepRule;
  readonly to?: string;
  readonly only?: string[];
  readonly override?: string;
}

/** Named so that they are refused in words, not as unknown options. */
const LATER = {
  to: 'restoring to another cluster',
  only: 'restoring a part of a set',
  override: 'overriding a plan',
};

export function restorePlan(cli: Cli): Command {
  return new Command('plan')
    .description('what a restore of a set would do; changes nothing')
    .requiredOption('--set <set>', 'its id, or a unique beginning of it')
    .addOption(
      new Option(
        '--keep <what>',
        'what of the live trees stays where it is: what its times show unchanged since the set, what its bytes verify, or nothing',
      )
        .choices(KEEP_RULES)
        .default('unchanged'),
    )
    .option('--to <cluster>', 'not supported yet')
    .option('--only <what...>', 'not supported yet')
    .option('--override <file>', 'not supported yet')
    .action(
      cli.action<Options>(async ({ client }, options) => {
        refuseLater(options);
        const { set, keep } = options;
        const plan = await client.call('createPlan', { body: { set, keep } }, randomUUID());
        return { json: plan, text: showPlan(plan) };
      }),
    );
}

function refuseLater(options: Options): void {
  for (const [name, what] of Object.entries(LATER)) {
    if (options[name as keyof typeof LATER] === undefined) continue;
    throw new LifeboatError('USAGE', `--${name}: ${what} is not supported yet`, {
      guidance: `Leave --${name} out: the whole set goes back to its own cluster.`,
    });
  }
}
