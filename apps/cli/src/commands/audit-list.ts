import type { AuditEntry } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { table } from '../output/table.ts';
import { orDash, timeText } from '../output/units.ts';
import { wholeNumber } from '../whole-number.ts';

export function auditList(cli: Cli): Command {
  return new Command('list')
    .description('who did what, newest first')
    .option('--limit <rows>', 'at most 1000 (default: 100)', wholeNumber)
    .option('--before <id>', 'only rows older than this one')
    .action(
      cli.action<{ limit?: number; before?: string }>(async ({ client }, { limit, before }) => {
        const entries = await client.call('listAudit', { query: { limit, before } });
        const text = table<AuditEntry>(
          entries,
          [
            { title: 'ID', cell: ({ id }) => id, right: true },
            { title: 'AT', cell: ({ at }) => timeText(at) },
            { title: 'WHO', cell: ({ principal }) => principal },
            { title: 'WHAT', cell: ({ action }) => action },
            { title: 'CLUSTER', cell: ({ cluster }) => orDash(cluster) },
            { title: 'SUBJECT', cell: ({ subject }) => orDash(subject) },
            { title: 'OUTCOME', cell: ({ outcome }) => outcome },
          ],
          'No rows.',
        );
        return { json: entries, text };
      }),
    );
}
