import type { ResultDocument } from './result-document.ts';
import type { Summary } from './summarize.ts';

const TITLES = ['who', 'median', 'min–max', 'ratio', 'wire', 'stored', 'peak resident', 'CPU', 'more'];

/** One table of all works, a line a contender; the ratio stands with the peer: Lifeboat ÷ peer. */
export function resultTable(documents: readonly ResultDocument[]): string {
  const rows = documents.flatMap(({ work, corpus, lifeboat, peers, ratios }) => [
    [`${work}: ${corpus}`],
    row('lifeboat', lifeboat, undefined),
    ...Object.entries(peers).map(([name, peer]) => row(name, peer, ratios[name])),
  ]);
  return align([TITLES, ...rows]);
}

function row(name: string, summary: Summary, ratio: number | undefined): string[] {
  const { median, min, max, wire, stored, resident, cpu, figures = {} } = summary;
  return [
    name,
    seconds(median),
    summary.runs === 1 ? '' : `${seconds(min)}–${seconds(max)}`,
    ratio?.toFixed(2) ?? '',
    wire === undefined ? '' : megabytes(wire),
    stored === undefined ? '' : megabytes(stored),
    list(resident, megabytes),
    list(cpu, (value) => `${value.toFixed(1)} s`),
    list(figures, (value) => (Number.isInteger(value) ? `${value}` : value.toPrecision(3))),
  ];
}

function list(values: Readonly<Record<string, number>>, format: (value: number) => string): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${format(value)}`)
    .join(', ');
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(2)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Columns as wide as they need to be; a row of one cell is a heading and counts for no width. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = TITLES.map((_, column) =>
    Math.max(...rows.filter((cells) => cells.length > 1).map((cells) => cells[column]!.length)),
  );
  return rows.map((cells) => (cells.length === 1 ? `\n${cells[0]}` : pad(cells, widths))).join('\n');
}

function pad(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell.padEnd(widths[column]!))
    .join('  ')
    .trimEnd();
}
