import type { BackupSetDetail } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { showSet } from '../output/show-set.ts';
import { table } from '../output/table.ts';
import { bytesText, countText } from '../output/units.ts';

export function setShow(cli: Cli): Command {
  return new Command('show')
    .description('one set and what it holds')
    .argument('<set>', 'its id, or a unique beginning of it')
    .action(
      cli.action(async ({ client }, _options, id = '') => {
        const set = await client.call('getSet', { params: { id } });
        const warnings = set.warnings.map((warning) => `warning: ${warning}`);
        return { json: set, text: [showSet(set), '', captures(set), ...warnings].join('\n') };
      }),
    );
}

function captures(set: BackupSetDetail): string {
  return table<BackupSetDetail['captures'][number]>(
    set.captures,
    [
      { title: 'NODE', cell: ({ node }) => node ?? '(cluster)' },
      { title: 'TREE', cell: ({ tree }) => tree },
      { title: 'KIND', cell: ({ kind }) => kind },
      { title: 'PATH', cell: ({ path }) => path },
      { title: 'ENTRIES', cell: ({ entries }) => countText(entries), right: true },
      { title: 'BYTES', cell: ({ bytes }) => bytesText(bytes), right: true },
    ],
    'It holds no tree.',
  );
}
