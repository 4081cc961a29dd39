import type { Change, ConsoleClient, Diff, EntryFacts } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { facts } from '../output/table.ts';
import { printable } from '../output/printable.ts';
import { bytesText, countText, timeText } from '../output/units.ts';

const SIGN = { added: '+', removed: '-', changed: '~' } as const;

interface Summary {
  added: number;
  removed: number;
  changed: number;
  unchanged: number;
  /** Sizes of what was added and removed; of what changed, in which direction it did. */
  bytesMore: number;
  bytesLess: number;
}

export function setDiff(cli: Cli): Command {
  return new Command('diff')
    .description(
      'how the trees of one set became those of another; with --json a value a line, the summary last',
    )
    .argument('<before>', 'a set of the same cluster, mostly the earlier one')
    .argument('<after>', 'the set whose changes are told')
    .action(
      cli.action(async ({ client, print }, _options, before = '', after = '') => {
        const summary: Summary = {
          added: 0,
          removed: 0,
          changed: 0,
          unchanged: 0,
          bytesMore: 0,
          bytesLess: 0,
        };
        let entries = 0;
        for await (const page of pages(client, before, after)) {
          entries = page.entries.after;
          for (const change of page.changes) {
            count(summary, change);
            await print(change, lineOf(change));
          }
        }
        summary.unchanged = entries - summary.added - summary.changed;
        return { json: { summary }, text: textOf(summary), last: true };
      }),
    );
}

async function* pages(client: ConsoleClient, id: string, other: string): AsyncGenerator<Diff> {
  let after: string | undefined;
  do {
    const page = await client.call('diffSets', { params: { id, other }, query: { after } });
    yield page;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

function count(summary: Summary, { change, entries, before, after }: Change): void {
  summary[change] += entries;
  const more = (after?.size ?? 0) - (before?.size ?? 0);
  if (more > 0) summary.bytesMore += more;
  else summary.bytesLess -= more;
}

function lineOf({ change, path, entries, aspects, text, before, after }: Change): string {
  const now = (after ?? before)!;
  const size =
    before !== null && after !== null && before.size !== after.size
      ? `${bytesText(before.size)} -> ${bytesText(after.size)}`
      : bytesText(now.size);
  const cells = [
    SIGN[change],
    now.type.padEnd(9),
    size.padStart(9),
    timeText(now.mtime).padEnd(20),
    printable(path) + details(now, entries, aspects),
  ];
  const lines = (text ?? []).map((line) => `      ${printable(line)}`);
  return [cells.join('  '), ...lines].join('\n');
}

function details({ type }: EntryFacts, entries: number, aspects: Change['aspects']): string {
  if (type === 'tree') return `  (the whole tree, ${countText(entries)} entries)`;
  return aspects.length === 0 ? '' : `  (${aspects.join(', ')})`;
}

function textOf({ added, removed, changed, unchanged, bytesMore, bytesLess }: Summary): string {
  return facts([
    ['added', countText(added)],
    ['removed', countText(removed)],
    ['changed', countText(changed)],
    ['unchanged', countText(unchanged)],
    ['bytes', `+${bytesText(bytesMore)}, -${bytesText(bytesLess)}`],
  ]);
}
