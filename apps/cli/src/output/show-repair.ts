import type { RepairView } from '@lifeboat/console-api';
import { printable } from './printable.ts';
import { facts } from './table.ts';
import { countText, timeText } from './units.ts';

type Report = NonNullable<RepairView['report']>;

export function showRepair({ state, dryRun, beganAt, endedAt, report, failure }: RepairView): string {
  if (state === 'never') return 'No repair since the server was started.';
  const lines: [string, string][] = [
    ['repair', dryRun ? `${state}, a dry run: nothing was changed` : state],
    ['began', timeText(beganAt)],
    ['ended', timeText(endedAt)],
  ];
  if (report !== null) {
    const { packs, chunks, quarantined } = report;
    lines.push(
      ['packs', `${countText(packs.seen)}, ${countText(packs.damaged)} of them damaged`],
      [dryRun ? 'would salvage' : 'salvaged', `${countText(chunks.salvaged)} chunks`],
      ['elsewhere', `${countText(chunks.elsewhere)} chunks lie in another pack too`],
      ['replica', `${countText(chunks.replica)} chunks come from the replica`],
      ['lost', `${countText(chunks.lost)} chunks`],
      ['quarantine', `${countText(quarantined.length)} blobs were moved there`],
    );
  }
  if (failure !== null) lines.push(['failure', printable(`${failure.message} (${failure.code})`)]);
  if (failure?.guidance !== undefined) lines.push(['what to do', printable(failure.guidance)]);
  return [facts(lines), ...(report === null ? [] : [...itemLines(report), ...setLines(report)])].join('\n');
}

function itemLines({ items }: Report): string[] {
  return items.map(({ subject, wrong, outcome, detail }) =>
    printable(`${outcome}: ${subject}: ${wrong}; ${detail}`),
  );
}

function setLines({ sets }: Report): string[] {
  return sets.flatMap(({ set, cluster, sequence, state, trees }) => [
    printable(`${state}: set ${set} (${cluster}, number ${sequence})`),
    ...trees.map(treeLine),
  ]);
}

function treeLine({ node, tree, files, paths }: Report['sets'][number]['trees'][number]): string {
  const name = node === null ? tree : `${node}/${tree}`;
  const shown = paths.map((path) => JSON.stringify(path)).join(', ');
  const more = files > paths.length ? ', …' : '';
  return printable(`  ${name}: ${countText(files)} files: ${shown}${more}`);
}
