import type { StatementView } from '@lifeboat/console-api';
import { facts, table } from './table.ts';
import { bytesText, countText, millisText, timeText } from './units.ts';

/** Lists are cut here: the whole statement is in --json. */
const SHOWN = 20;

export function showStatement(statement: StatementView): string {
  const { documents, database, point, fence } = statement;
  return [
    facts([
      ['set', statement.set],
      ['guarantee', statement.guarantee],
      [
        'point',
        point ? `${timeText(point.from)} to ${timeText(point.to)}, ${point.pins} pin(s)` : 'no database',
      ],
      ['position', point?.position ?? undefined],
      ['fence', fence ? `${millisText(fence.millis)} from ${timeText(fence.openedAt)}` : undefined],
      ['absent nodes', statement.absentNodes.length > 0 ? statement.absentNodes.join(', ') : undefined],
      ['database', database ? databaseText(database) : 'none'],
      ['documents', documents ? documentsText(documents) : 'none'],
      [
        'images',
        documents
          ? `${documents.images.resolved} of ${documents.images.rows} rows have their bytes`
          : undefined,
      ],
    ]),
    '',
    treeTable(statement),
    ...listed(
      'missing',
      documents?.missing.map(({ title, expectedPath }) => `${title} (${expectedPath})`),
    ),
    ...listed(
      'wrong size',
      documents?.sizeMismatch.map(({ title, expectedPath }) => `${title} (${expectedPath})`),
    ),
    ...listed('ambiguous', documents?.ambiguous),
    ...listed('image missing', documents?.images.missing),
    ...listed('doubt', statement.database?.doubts),
    ...listed('warning', statement.warnings),
  ].join('\n');
}

function treeTable(statement: StatementView): string {
  const rows = statement.nodes.flatMap(({ node, trees }) => trees.map((tree) => ({ node, ...tree })));
  return table<(typeof rows)[number]>(
    rows,
    [
      { title: 'NODE', cell: (row) => row.node },
      { title: 'TREE', cell: (row) => row.tree },
      { title: 'PROVED BY', cell: (row) => row.provedBy },
      { title: 'ENTRIES', cell: (row) => countText(row.entries), right: true },
      { title: 'BYTES', cell: (row) => bytesText(row.bytes), right: true },
      { title: 'CHANGED WHILE READ', cell: (row) => countText(row.changedWhileRead.length), right: true },
      { title: 'NOT KEPT', cell: (row) => countText(row.notKept.length), right: true },
    ],
    'No trees.',
  );
}

function documentsText(documents: NonNullable<StatementView['documents']>): string {
  const { rows, resolved, missing, knownMissing, sizeMismatch, inPublication, orphanFiles } = documents;
  return (
    `${countText(resolved)} of ${countText(rows)} rows have their bytes, ${missing.length} missing ` +
    `(${knownMissing} known), ${sizeMismatch.length} of the wrong size, ${inPublication} in publications, ` +
    `${orphanFiles} files without a row`
  );
}

function databaseText(database: NonNullable<StatementView['database']>): string {
  const build = database.portalBuild === null ? '' : `, portal build ${database.portalBuild}`;
  const ddl = database.ddlDuringDump ? ', changed its structure during the dump' : '';
  return `${database.engine} ${database.serverVersion}, ${database.tables} tables, ${countText(database.rows)} rows${build}${ddl}`;
}

function listed(label: string, items: readonly string[] = []): string[] {
  const lines = items.slice(0, SHOWN).map((item) => facts([[`${label}:`, item]]));
  const more = items.length - lines.length;
  return more > 0 ? [...lines, `${label}: ${more} more, see --json`] : lines;
}
