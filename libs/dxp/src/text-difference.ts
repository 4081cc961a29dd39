import { structuredPatch } from 'diff';
import { maskSecrets } from './mask-secrets.ts';

/** Lines of a difference that are shown: a person reads no more. */
const MOST_LINES = 200;
/** Texts that have less in common are no longer compared line by line. */
const MOST_EDITS = 5_000;

/**
 * How one text became another: lines that begin with `-`, `+` or a space, three of what stands around each change, and
 * `@@` between places. Secrets are masked: of one that changed only that it did is seen.
 */
export function textDifference(before: string, after: string): string[] {
  const [old, young] = [lines(before), lines(after)];
  const patch = structuredPatch('', '', asText(old), asText(young), '', '', {
    context: 3,
    maxEditLength: MOST_EDITS,
  });
  if (patch === undefined) return [`@@ too much has changed: ${old.length} lines became ${young.length} @@`];
  const masked = { old: maskSecrets(before), young: maskSecrets(after) };
  const shown = patch.hunks.flatMap(({ oldStart, newStart, lines: hunk }) => {
    let [oldAt, youngAt] = [Math.max(0, oldStart - 1), Math.max(0, newStart - 1)];
    const texts = hunk.flatMap((line) => {
      const sign = line[0];
      if (sign === '\\') return [];
      const text = sign === '-' ? masked.old[oldAt] : masked.young[youngAt];
      if (sign !== '+') oldAt += 1;
      if (sign !== '-') youngAt += 1;
      return [`${sign}${text ?? ''}`];
    });
    return [`@@ line ${oldStart} became line ${newStart} @@`, ...texts];
  });
  const more = shown.length - MOST_LINES;
  return more > 0 ? [...shown.slice(0, MOST_LINES), `@@ ${more} more lines @@`] : shown;
}

/** Lines that a text has lost, masked, blank ones aside. */
export function lostLines(before: string, after: string): string[] {
  return textDifference(before, after)
    .filter((line) => line.startsWith('-') && line.slice(1).trim() !== '')
    .map((line) => line.slice(1).trim());
}

/** Whether the last line ends in a line feed is nothing to tell of. */
function asText(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

function lines(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}
