import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { showStatement } from '../output/show-statement.ts';

export function setStatement(cli: Cli): Command {
  return new Command('statement')
    .description('the consistency statement of a sealed set')
    .argument('<set>', 'its id, or a unique beginning of it')
    .action(
      cli.action(async ({ client }, _options, id = '') => {
        const statement = await client.call('getStatement', { params: { id } });
        return { json: statement, text: showStatement(statement) };
      }),
    );
}
