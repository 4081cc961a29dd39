import { select, type Session } from './mysql-session.ts';
import { TABLE_TYPES } from './schema-queries.ts';

/** A table whose engine knows no transactions, so that a snapshot does not hold it still. */
export interface OutsideSnapshot {
  readonly name: string;
  readonly engine: string;
  /** When it was written to last, as the server says; null where the engine does not tell, or it was a moment ago. */
  readonly writtenAt: string | null;
}

export async function tablesOutsideSnapshot(
  session: Session,
  schemas: readonly string[],
): Promise<OutsideSnapshot[]> {
  // The time has whole seconds: within the last two another write could hide.
  return select<OutsideSnapshot>(
    session,
    `SELECT IF(TABLE_SCHEMA = ?, TABLE_NAME, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)) AS name, ENGINE AS engine,
            IF(UPDATE_TIME < NOW() - INTERVAL 2 SECOND, CAST(UPDATE_TIME AS CHAR), NULL) AS writtenAt
       FROM information_schema.TABLES
      WHERE TABLE_SCHEMA IN (?) AND TABLE_TYPE IN ${TABLE_TYPES} AND ENGINE <> 'InnoDB' ORDER BY 1`,
    [schemas[0], schemas],
  );
}

/** One sentence for each table that is not proven to have stood still from `before` to `after`. */
export function doubtsAbout(before: readonly OutsideSnapshot[], after: readonly OutsideSnapshot[]): string[] {
  const stood = new Map(before.map((table) => [table.name, table.writtenAt]));
  return after
    .filter(({ name, writtenAt }) => writtenAt === null || stood.get(name) !== writtenAt)
    .map(
      ({ name, engine }) =>
        `table ${name} is ${engine} and may have been written to while it was dumped: its rows may be of another moment`,
    );
}
