import { systemCodeOf } from '@lifeboat/kernel';
import { select, type Session } from './mysql-session.ts';

/**
 * Accounts that own views, triggers, routines or events of these schemas and do not exist on this server, as
 * `user@host`: what runs with their rights is refused by the server until they do. Empty where accounts may not be read.
 */
export async function missingDefiners(session: Session, schemas: readonly string[]): Promise<string[]> {
  const of = (kind: string, schema: string): string =>
    `SELECT DEFINER AS definer FROM information_schema.${kind} WHERE ${schema} IN (?)`;
  try {
    const rows = await select<{ definer: string }>(
      session,
      `SELECT DISTINCT definer FROM (${of('VIEWS', 'TABLE_SCHEMA')} UNION ${of('TRIGGERS', 'TRIGGER_SCHEMA')}
        UNION ${of('ROUTINES', 'ROUTINE_SCHEMA')} UNION ${of('EVENTS', 'EVENT_SCHEMA')}) AS owners
        WHERE definer <> '' AND CONVERT(definer USING utf8mb4) COLLATE utf8mb4_bin NOT IN
          (SELECT CONVERT(CONCAT(User, '@', Host) USING utf8mb4) COLLATE utf8mb4_bin FROM mysql.user) ORDER BY 1`,
      [schemas, schemas, schemas, schemas],
    );
    return rows.map(({ definer }) => definer);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ER_TABLEACCESS_DENIED_ERROR') return [];
    throw thrown;
  }
}
