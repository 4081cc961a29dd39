import type { Restore } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { table } from '../output/table.ts';
import { millisText, timeText } from '../output/units.ts';

export function restoreList(cli: Cli): Command {
  return new Command('list')
    .description('restores, newest first')
    .option('--cluster <cluster>', 'of this cluster only')
    .action(
      cli.action<{ cluster?: string }>(async ({ client }, { cluster }) => {
        const restores = await client.call('listRestores', { query: { cluster } });
        const text = table<Restore>(
          restores,
          [
            { title: 'RESTORE', cell: ({ restore }) => restore },
            { title: 'CLUSTER', cell: ({ cluster: name }) => name },
            { title: 'SET', cell: ({ set }) => set },
            { title: 'STATE', cell: ({ state }) => state },
            { title: 'REQUESTED', cell: ({ requestedAt }) => timeText(requestedAt) },
            { title: 'TOOK', cell: ({ millis }) => millisText(millis), right: true },
          ],
          'No restores yet.',
        );
        return { json: restores, text };
      }),
    );
}
