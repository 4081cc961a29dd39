import type { PruneView } from '@lifeboat/console-api';
import { printable } from './printable.ts';
import { facts } from './table.ts';
import { bytesText, countText, millisText, timeText } from './units.ts';

export function showPrune({
  state,
  dryRun,
  beganAt,
  endedAt,
  graceSeconds,
  figures,
  failure,
}: PruneView): string {
  if (state === 'never') return 'No prune yet.';
  const lines: [string, string][] = [
    ['prune', dryRun ? `${state}, a dry run: nothing was changed` : state],
    ['began', timeText(beganAt)],
    ['ended', timeText(endedAt)],
  ];
  if (figures !== null) {
    const { chunks, bytes, packs, orphans } = figures;
    const grace = millisText(graceSeconds * 1000);
    lines.push(
      [dryRun ? 'would free' : 'freed', `${bytesText(bytes.freed)} in ${countText(packs.removed)} packs`],
      ['rewritten', `${countText(packs.repacked)} packs, ${bytesText(bytes.copied)} copied`],
      ['waiting', `${bytesText(bytes.waiting)} that no set needs, until a grace of ${grace} has passed`],
      ['newly dead', `${countText(chunks.tombstoned)} chunks`],
      ['needed', `${countText(chunks.marked)} chunks`],
    );
    if (chunks.missing > 0)
      lines.push(['missing', `${countText(chunks.missing)} chunks lie nowhere: run "lifeboat vault check"`]);
    if (orphans.found + orphans.removed > 0)
      lines.push(['strays', `${countText(orphans.found)} seen, ${countText(orphans.removed)} deleted`]);
  }
  if (failure !== null) lines.push(['failure', printable(`${failure.message} (${failure.code})`)]);
  if (failure?.guidance !== undefined) lines.push(['what to do', printable(failure.guidance)]);
  return facts(lines);
}
