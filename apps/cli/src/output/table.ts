import { printable } from './printable.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly right?: boolean;
}

/**
 * Aligned columns, two spaces apart, no trailing spaces. `empty` is the sentence when there are no rows; without `titles`
 * the rows go on a table that was printed before.
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  empty: string,
  titles = true,
): string {
  if (rows.length === 0) return empty;
  const lines = [
    ...(titles ? [columns.map(({ title }) => title)] : []),
    ...rows.map((row) => columns.map(({ cell }) => printable(cell(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)));
  const aligned = (text: string, index: number) => {
    const width = widths[index] ?? 0;
    return columns[index]?.right ? text.padStart(width) : text.padEnd(width);
  };
  return lines.map((line) => line.map(aligned).join('  ').trimEnd()).join('\n');
}

/** `name  value` lines, names aligned; pairs whose value is undefined are left out. */
export function facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): string {
  const known = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n');
}
