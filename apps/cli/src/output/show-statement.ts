import type { StatementView } from '@lifeboat/console-api';
import { facts, table } from './table.ts';
import { bytesText, countText, millisText, timeText } from './units.ts';

/** Lists are cut here: the whole statement is in --json. */
const SHOWN = 20;

type Documents = NonNullable<StatementView['documents']>;
type Acknowledgement = NonNullable<StatementView['acknowledgement']>;

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
      ['derived files', documents?.derived ? derivedText(documents.derived) : undefined],
      ['losses', documents ? lossesText(documents) : undefined],
      ['acknowledged', statement.acknowledgement ? acknowledgedText(statement.acknowledgement) : undefined],
    ]),
    '',
    treeTable(statement),
    ...listed('missing', documents?.missing.map(documentText)),
    ...listed('wrong size', documents?.sizeMismatch.map(documentText)),
    ...listed('outside the store', documents?.outsideStore?.map(documentText)),
    ...listed('ambiguous', documents?.ambiguous),
    ...listed('image missing', documents?.images.missing),
    ...listed('image of wrong size', documents?.images.sizeMismatch),
    ...listed('new loss', documents?.newLosses),
    ...listed('search index', statement.searchIndex.indexes?.map(indexText)),
    ...listed(
      'search index left out',
      statement.searchIndex.leftOut?.map(({ node, path, reason }) => `${node} ${path} (${reason})`),
    ),
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

function documentsText(documents: Documents): string {
  const { rows, resolved, resolvedByMove, missing, knownMissing, sizeMismatch, inPublication } = documents;
  const { inExternalRepository = 0, outsideStore = [], orphanFiles } = documents;
  const rare: [count: number, what: string][] = [
    [outsideStore.length, 'outside the store'],
    [inExternalRepository, 'in external repositories'],
  ];
  const { inDatabase } = documents;
  return [
    ...(inDatabase
      ? [`kept in the database: ${countText(inDatabase.contents)} contents of ${bytesText(inDatabase.bytes)}`]
      : []),
    `${countText(resolved + resolvedByMove)} of ${countText(rows)} rows have their bytes`,
    `${missing.length} missing (${knownMissing} known)`,
    `${sizeMismatch.length} of the wrong size`,
    `${inPublication} in publications`,
    ...rare.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`),
    `${orphanFiles} files without a row`,
  ].join(', ');
}

/** `DLFileVersion.status` (DXP facts §3.2). */
const STATUS: Readonly<Record<number, string>> = {
  0: 'approved',
  1: 'pending',
  2: 'draft',
  3: 'expired',
  4: 'denied',
  5: 'inactive',
  6: 'incomplete',
  7: 'scheduled',
  8: 'in trash',
};

type ListedDocument = Documents['sizeMismatch'][number] | Documents['missing'][number];

function documentText(document: ListedDocument): string {
  const { title, groupId, expectedPath, size, status } = document;
  const actual = 'actualSize' in document ? `, its file ${countText(Number(document.actualSize))}` : '';
  const bytes = `${countText(size)} bytes${actual}`;
  return `${title} (${expectedPath}), group ${groupId}, ${bytes}, ${STATUS[status] ?? `status ${status}`}`;
}

function derivedText({ files, bytes, skipped }: NonNullable<Documents['derived']>): string {
  const left = skipped ? '; previews, thumbnails and adaptive media are left out' : '';
  return `${countText(files)} files, ${bytesText(bytes)}${left}`;
}

function lossesText({ newLosses, acknowledged = 0 }: Documents): string | undefined {
  if (newLosses === undefined) return undefined;
  return `${countText(newLosses.length)} new, ${countText(acknowledged)} acknowledged`;
}

function acknowledgedText({ acknowledgedAt, acknowledgedBy, reason }: Acknowledgement): string {
  return `by ${acknowledgedBy} at ${timeText(acknowledgedAt)}: ${reason}`;
}

function databaseText(database: NonNullable<StatementView['database']>): string {
  const build = database.portalBuild === null ? '' : `, portal build ${database.portalBuild}`;
  const ddl = database.ddlDuringDump ? ', changed its structure during the dump' : '';
  return `${database.engine} ${database.serverVersion}, ${database.tables} tables, ${countText(database.rows)} rows${build}${ddl}`;
}

function indexText(index: NonNullable<StatementView['searchIndex']['indexes']>[number]): string {
  const { node, folder, commit, committedAt, documents } = index;
  return `${node}/${folder} at ${commit} of ${timeText(committedAt)}, ${countText(documents)} documents`;
}

function listed(label: string, items: readonly string[] = []): string[] {
  const lines = items.slice(0, SHOWN).map((item) => facts([[`${label}:`, item]]));
  const more = items.length - lines.length;
  return more > 0 ? [...lines, `${label}: ${more} more, see --json`] : lines;
}
