import { createHash } from 'node:crypto';
import type { ObjectCounts } from '../object-counts.ts';
import { select, type Session } from './mysql-session.ts';

/** What holds rows; SEQUENCE and SYSTEM VERSIONED are MariaDB's. */
export const TABLE_TYPES = "('BASE TABLE', 'SYSTEM VERSIONED')";

/** Counts objects as `SqlDumpParser.counts` finds them in a dump; only what the account may see. */
export async function countObjects(session: Session, schemas: readonly string[]): Promise<ObjectCounts> {
  const count = (from: string): string => `(SELECT COUNT(*) FROM information_schema.${from})`;
  const [counts] = await select<Record<string, string | number>>(
    session,
    `SELECT ${count(`TABLES WHERE TABLE_SCHEMA IN (?) AND TABLE_TYPE IN ${TABLE_TYPES}`)} AS tables_,
            ${count("TABLES WHERE TABLE_SCHEMA IN (?) AND TABLE_TYPE IN ('VIEW', 'SYSTEM VIEW')")} AS views,
            ${count("TABLES WHERE TABLE_SCHEMA IN (?) AND TABLE_TYPE = 'SEQUENCE'")} AS sequences,
            ${count('TRIGGERS WHERE TRIGGER_SCHEMA IN (?)')} AS triggers,
            ${count('ROUTINES WHERE ROUTINE_SCHEMA IN (?)')} AS routines,
            ${count('EVENTS WHERE EVENT_SCHEMA IN (?)')} AS events`,
    Array.from({ length: 6 }, () => schemas),
  );
  return {
    tables: Number(counts?.['tables_']),
    views: Number(counts?.['views']),
    sequences: Number(counts?.['sequences']),
    triggers: Number(counts?.['triggers']),
    routines: Number(counts?.['routines']),
    events: Number(counts?.['events']),
    largeObjects: 0,
    rules: 0,
  };
}

/** A digest of everything that DDL changes; TRUNCATE and most ALTERs show in a table's creation time. */
export async function schemaFingerprint(session: Session, schemas: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(schemas));
  const queries = [
    'SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?) ORDER BY 1, 2',
    'SELECT TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN (?) ORDER BY 1, 2, 3',
    'SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA IN (?) ORDER BY 1, 2, 3, 4',
    'SELECT TRIGGER_SCHEMA, TRIGGER_NAME, CREATED, ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN (?) ORDER BY 1, 2',
    'SELECT ROUTINE_SCHEMA, SPECIFIC_NAME, ROUTINE_TYPE, LAST_ALTERED FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA IN (?) ORDER BY 1, 2, 3',
    'SELECT EVENT_SCHEMA, EVENT_NAME, STATUS, LAST_ALTERED FROM information_schema.EVENTS WHERE EVENT_SCHEMA IN (?) ORDER BY 1, 2',
    'SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA IN (?) ORDER BY 1, 2',
  ];
  for (const query of queries) hash.update(JSON.stringify(await select(session, query, [schemas])));
  return hash.digest('hex');
}
