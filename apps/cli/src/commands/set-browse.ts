import type { BrowseEntry } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { printable } from '../output/printable.ts';
import { table } from '../output/table.ts';
import { bytesText, orDash, timeText } from '../output/units.ts';
import { wholeNumber } from '../whole-number.ts';

export function setBrowse(cli: Cli): Command {
  return new Command('browse')
    .description('the trees of a set; with a path, what lies there')
    .argument('<set>', 'its id, or a unique beginning of it')
    .argument('[path]', 'a path as an earlier browse printed it', '')
    .option('--after <name>', 'only what follows this name')
    .option('--limit <count>', 'at most so many entries, up to 10000; without it, all', wholeNumber)
    .action(
      cli.action<{ after?: string; limit?: number }>(
        async (context, { after, limit }, id = '', path = '') => {
          const { client, asJson, print } = context;
          const ask = async (from: string | undefined) =>
            client.call('browseSet', { params: { id }, query: { path, after: from, limit } });
          const entries: BrowseEntry[] = [];
          let page = await ask(after);
          let isFirst = true;
          for (; limit === undefined && page.next !== null; page = await ask(page.next)) {
            // People read page by page; one JSON value has to be whole.
            if (asJson) entries.push(...page.entries);
            else await print(undefined, entryTable(page.entries, isFirst));
            isFirst = false;
          }
          entries.push(...page.entries);
          const more = page.next === null ? '' : `\nMore follows: --after '${printable(page.next)}'`;
          return { json: { ...page, entries }, text: entryTable(page.entries, isFirst) + more };
        },
      ),
    );
}

function entryTable(entries: readonly BrowseEntry[], titles: boolean): string {
  return table<BrowseEntry>(
    entries,
    [
      { title: 'TYPE', cell: ({ type }) => type },
      { title: 'MODE', cell: ({ mode }) => (mode === null ? '-' : mode.toString(8).padStart(4, '0')) },
      { title: 'OWNER', cell: ({ owner, group }) => `${orDash(owner)}:${orDash(group)}` },
      { title: 'SIZE', cell: ({ size }) => bytesText(size), right: true },
      { title: 'MODIFIED', cell: ({ mtime }) => timeText(mtime) },
      {
        title: 'PATH',
        cell: ({ path, linkTarget }) => (linkTarget === null ? path : `${path} -> ${linkTarget}`),
      },
    ],
    'Nothing is there.',
    titles,
  );
}
