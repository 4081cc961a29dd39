import type { RestoreDetail } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { showRestore } from '../output/show-restore.ts';
import { table } from '../output/table.ts';
import { timeText } from '../output/units.ts';

export function restoreShow(cli: Cli): Command {
  return new Command('show')
    .description('one restore and its steps')
    .argument('<restore>', 'its id, or a unique beginning of it')
    .action(
      cli.action(async ({ client }, _options, id = '') => {
        const restore = await client.call('getRestore', { params: { id } });
        return { json: restore, text: `${showRestore(restore)}\n\n${steps(restore)}` };
      }),
    );
}

function steps(restore: RestoreDetail): string {
  return table<RestoreDetail['steps'][number]>(
    restore.steps,
    [
      { title: 'AT', cell: ({ at }) => timeText(at) },
      { title: 'STEP', cell: ({ step }) => step },
      {
        title: 'DETAIL',
        cell: ({ detail }) => (typeof detail === 'string' ? detail : JSON.stringify(detail ?? '')),
      },
    ],
    'No steps yet.',
  );
}
