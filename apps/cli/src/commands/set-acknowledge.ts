import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { countText } from '../output/units.ts';

interface Options {
  readonly reason: string;
}

export function setAcknowledge(cli: Cli): Command {
  return new Command('acknowledge')
    .description('take note of what a set lost: later sets that lose the same count it as known')
    .argument('<set>', 'its id, or a unique beginning of it')
    .requiredOption(
      '--reason <text>',
      'why these losses are accepted; kept in the vault and in the audit log',
    )
    .action(
      cli.action<Options>(async ({ client }, { reason }, id = '') => {
        const done = await client.call(
          'acknowledgeLosses',
          { params: { id }, body: { reason } },
          randomUUID(),
        );
        const text =
          `${countText(done.losses)} losses of set ${done.set} are acknowledged. Later sets that lose nothing else ` +
          'are consistent-with-known-losses; a loss that a later set has again is forgotten.';
        return { json: done, text };
      }),
    );
}
