import type { Browse, BrowseEntry, ConsoleClient } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { table } from '../output/table.ts';
import { bytesText, orDash, timeText } from '../output/units.ts';

export function setBrowse(cli: Cli): Command {
  return new Command('browse')
    .description('the trees of a set; with a path, what lies there')
    .argument('<set>', 'its id, or a unique beginning of it')
    .argument('[path]', 'a path as an earlier browse printed it', '')
    .action(
      cli.action(async ({ client }, _options, id = '', path = '') => {
        const browsed = await browseAll(client, id, path);
        return { json: browsed, text: entryTable(browsed.entries) };
      }),
    );
}

async function browseAll(client: ConsoleClient, id: string, path: string): Promise<Browse> {
  const entries: BrowseEntry[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await client.call('browseSet', { params: { id }, query: { path, after } });
    for (const entry of page.entries) entries.push(entry);
    if (page.next === null) return { ...page, entries };
    after = page.next;
  }
}

function entryTable(entries: readonly BrowseEntry[]): string {
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
  );
}
