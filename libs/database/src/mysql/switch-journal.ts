import { identifier, select, type Session } from './mysql-session.ts';
import { TABLE_TYPES } from './schema-queries.ts';

/** Table in the aside schema that makes a switch repeatable: definitions are dropped before tables can move. */
const JOURNAL = '_lifeboat_switch';

export type Side = 'old' | 'new';
export type ProgramKind = 'routine' | 'view' | 'trigger' | 'event';

/** An object that cannot be renamed with the tables: dropped before, created again after. */
export interface Program {
  readonly side: Side;
  readonly kind: ProgramKind;
  readonly name: string;
  /** FUNCTION, PROCEDURE, VIEW, TRIGGER, EVENT: for DROP. */
  readonly type: string;
  readonly statement: string;
  readonly sqlMode: string;
  readonly collation: string;
}

/** What a switch does with one schema of the portal. */
export interface SchemaMove {
  readonly live: string;
  readonly staged: string;
  readonly aside: string;
  readonly oldExisted: boolean;
  /** False for the partition of a company that the restored portal does not have. */
  readonly newExists: boolean;
  readonly oldTables: readonly string[];
  readonly newTables: readonly string[];
  /** Foreign keys of the new tables, as text that must be the same after the move. */
  readonly newForeignKeys: readonly string[];
  readonly programs: readonly Program[];
}

/** The portal's schemas, its default schema first. */
export type Journal = readonly SchemaMove[];

export async function schemaExists(session: Session, schema: string): Promise<boolean> {
  const found = await select(session, 'SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [
    schema,
  ]);
  return found.length > 0;
}

export async function tablesOf(session: Session, schema: string): Promise<string[]> {
  const rows = await select<{ name: string }>(
    session,
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME <> '${JOURNAL}'
        AND (TABLE_TYPE IN ${TABLE_TYPES} OR TABLE_TYPE = 'SEQUENCE') ORDER BY 1`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

/** Each as `name table.column -> table.column`; a table of another schema shows as `schema.table`. */
export async function foreignKeysOf(session: Session, schema: string): Promise<string[]> {
  const rows = await select<{ text: string }>(
    session,
    `SELECT CONCAT(CONSTRAINT_NAME, ' ', TABLE_NAME, '.', COLUMN_NAME, ' -> ',
              IF(REFERENCED_TABLE_SCHEMA = TABLE_SCHEMA, '', CONCAT(REFERENCED_TABLE_SCHEMA, '.')),
              REFERENCED_TABLE_NAME, '.', REFERENCED_COLUMN_NAME) AS text
       FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = ? AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY 1`,
    [schema],
  );
  return rows.map(({ text }) => text);
}

/** The journal when it was written whole, else undefined. */
export async function readJournal(session: Session, aside: string): Promise<Journal | undefined> {
  const found = await select(
    session,
    'SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
    [aside, JOURNAL],
  );
  if (found.length === 0) return undefined;
  const [row] = await select<{ journal: string }>(
    session,
    `SELECT journal FROM ${identifier(aside)}.${identifier(JOURNAL)}`,
  );
  return row === undefined ? undefined : (JSON.parse(row.journal) as Journal);
}

/** One row in one statement: it is there whole or not at all. */
export async function writeJournal(session: Session, aside: string, journal: Journal): Promise<void> {
  const table = `${identifier(aside)}.${identifier(JOURNAL)}`;
  await session.query(
    `CREATE TABLE IF NOT EXISTS ${table} (journal LONGTEXT CHARACTER SET utf8mb4 NOT NULL) ENGINE = InnoDB`,
  );
  await session.query(`INSERT INTO ${table} VALUES (?)`, [JSON.stringify(journal)]);
}
