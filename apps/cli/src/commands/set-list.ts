import type { BackupSet } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { table } from '../output/table.ts';
import { bytesText, millisText, orDash, timeText } from '../output/units.ts';

export function setList(cli: Cli): Command {
  return new Command('list')
    .description('backup sets, newest first')
    .option('--cluster <cluster>', 'of this cluster only')
    .action(
      cli.action<{ cluster?: string }>(async ({ client }, { cluster }) => {
        const sets = await client.call('listSets', { query: { cluster } });
        const text = table<BackupSet>(
          sets,
          [
            { title: 'SET', cell: ({ set }) => set },
            { title: 'CLUSTER', cell: ({ cluster: name }) => name },
            { title: 'STATE', cell: ({ state }) => state },
            { title: 'GUARANTEE', cell: ({ guarantee }) => orDash(guarantee) },
            { title: 'POINT', cell: ({ point }) => timeText(point?.to) },
            { title: 'READ', cell: ({ bytes }) => bytesText(bytes?.read), right: true },
            { title: 'STORED', cell: ({ bytes }) => bytesText(bytes?.stored), right: true },
            { title: 'TOOK', cell: ({ millis }) => millisText(millis), right: true },
          ],
          'No sets yet.',
        );
        return { json: sets, text };
      }),
    );
}
