import type { DocumentRow } from '@lifeboat/dxp';
import { invariant } from '@lifeboat/kernel';
import type { DatabaseTarget } from '../database-target.ts';
import { documentQuery, type DocumentSelection, type DocumentTables } from '../documents/document-query.ts';
import { documentReader } from '../documents/dxp-row-collector.ts';
import { connect, identifier, select, type Session } from './mysql-session.ts';

/** Rows that may wait in this process. */
const ROWS_AHEAD = 1000;

/** Document rows of one moment: the moment of the first `next()`. */
export async function* documentRows(
  target: DatabaseTarget,
  schemas: readonly string[],
  which: DocumentSelection = 'all',
): AsyncGenerator<DocumentRow> {
  yield* rowsOf(await openSnapshot(target, schemas, [which]));
}

/**
 * The same, with the moment being now, however late the rows are read; `close` when they may never be. Working copies
 * come first, and once more among all: they are the first whose bytes go.
 */
export async function documentRowsNow(
  target: DatabaseTarget,
  schemas: readonly string[],
): Promise<{ readonly rows: AsyncIterable<DocumentRow>; close(): void }> {
  const snapshot = await openSnapshot(target, schemas, ['working-copies', 'all']);
  return { rows: rowsOf(snapshot), close: () => snapshot.session.destroy() };
}

interface Snapshot {
  readonly session: Session;
  readonly queries: readonly string[];
}

async function openSnapshot(
  target: DatabaseTarget,
  schemas: readonly string[],
  parts: readonly DocumentSelection[],
): Promise<Snapshot> {
  const session = await connect(target, target.database);
  try {
    await session.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const found: DocumentTables[] = [];
    for (const schema of schemas) found.push(...(await documentTables(session, schema)));
    const queryOf = (part: DocumentSelection) =>
      found.map((tables) => documentQuery(tables, (sql) => `CAST(${sql} AS CHAR)`, part));
    return { session, queries: parts.flatMap(queryOf) };
  } catch (thrown) {
    session.destroy();
    throw thrown;
  }
}

async function* rowsOf({ session, queries }: Snapshot): AsyncGenerator<DocumentRow> {
  try {
    for (const query of queries) yield* rowsOfQuery(session, query);
  } finally {
    session.destroy();
  }
}

async function* rowsOfQuery(session: Session, query: string): AsyncGenerator<DocumentRow> {
  // Rows come as they are asked for: the promise API would gather them all first.
  const command = (session as unknown as { connection: RawConnection }).connection.query({
    sql: query,
    rowsAsArray: true,
  });
  let documentFrom: ReturnType<typeof documentReader> | undefined;
  command.on('fields', (fields) => {
    documentFrom = documentReader(fields.map(({ name }) => name));
  });
  for await (const row of command.stream({ highWaterMark: ROWS_AHEAD })) {
    invariant(documentFrom !== undefined, 'columns come before rows');
    yield documentFrom(row);
  }
}

/** The part of mysql2's callback interface that streams. */
interface RawConnection {
  query(options: { sql: string; rowsAsArray: true }): {
    on(event: 'fields', listener: (fields: readonly { readonly name: string }[]) => void): unknown;
    stream(options: { highWaterMark: number }): AsyncIterable<readonly (string | null)[]>;
  };
}

/** None where there are no document tables. Names keep the case that the server keeps. */
async function documentTables(session: Session, schema: string): Promise<DocumentTables[]> {
  const columns = await select<{ table: string; name: string }>(
    session,
    `SELECT TABLE_NAME AS \`table\`, LOWER(COLUMN_NAME) AS name FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ? AND LOWER(TABLE_NAME) IN ('dlfileversion', 'dlfileentry')`,
    [schema],
  );
  const tableOf = (lower: string): string | undefined =>
    columns.find(({ table }) => table.toLowerCase() === lower)?.table;
  const version = tableOf('dlfileversion');
  const entry = tableOf('dlfileentry');
  if (version === undefined || entry === undefined) return [];
  const columnsOf = (table: string): Set<string> =>
    new Set(columns.filter((column) => column.table === table).map(({ name }) => name));
  const qualified = (table: string): string => `${identifier(schema)}.${identifier(table)}`;
  return [
    {
      versionTable: qualified(version),
      entryTable: qualified(entry),
      versionColumns: columnsOf(version),
      entryColumns: columnsOf(entry),
    },
  ];
}
