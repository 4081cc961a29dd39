import type { ObjectCounts } from '../object-counts.ts';
import type { Session } from './postgresql-session.ts';

/** What pg_dump leaves to others: the system's schemas, and whatever belongs to an extension. */
export const USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

function notOfExtension(catalog: string, oid: string): string {
  return (
    `NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = '${catalog}'::regclass ` +
    `AND x.objid = ${oid} AND x.deptype = 'e')`
  );
}

/** Counts objects as `ArchiveParser.counts` finds them in an archive. Sees the session's snapshot. */
export async function countObjects(session: Session): Promise<ObjectCounts> {
  const relations = (kinds: string): string =>
    `(SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace ` +
    `WHERE c.relkind IN (${kinds}) AND ${USER_SCHEMA} AND ${notOfExtension('pg_class', 'c.oid')})::int`;
  const { rows } = await session.query<ObjectCounts>(`SELECT
    ${relations("'r', 'p', 'f'")} AS "tables",
    ${relations("'v', 'm'")} AS "views",
    ${relations("'S'")} AS "sequences",
    (SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE NOT t.tgisinternal AND coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0' AND ${USER_SCHEMA})::int AS "triggers",
    (SELECT count(*) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE r.rulename <> '_RETURN' AND ${USER_SCHEMA})::int AS "rules",
    (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE ${USER_SCHEMA} AND ${notOfExtension('pg_proc', 'p.oid')}
        AND NOT EXISTS (SELECT 1 FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
    )::int AS "routines",
    (SELECT count(*) FROM pg_event_trigger e WHERE ${notOfExtension('pg_event_trigger', 'e.oid')})::int AS "events",
    (SELECT count(*) FROM pg_largeobject_metadata)::int AS "largeObjects"`);
  const counts = rows[0];
  if (counts === undefined) throw new TypeError('a SELECT without FROM gives one row');
  return counts;
}

/**
 * A digest of everything that DDL changes. The file node of tables is part of it: TRUNCATE is not MVCC-safe, so a
 * table emptied between the snapshot and pg_dump's lock would come out empty. Temporary objects are nobody's structure.
 */
export async function catalogFingerprint(session: Session): Promise<string> {
  const digest = (sql: string): string =>
    `(SELECT md5(coalesce(string_agg(f, '|' ORDER BY f), '')) FROM (${sql}) AS facts(f))`;
  const { rows } = await session.query<{ fingerprint: string }>(`SELECT concat_ws(' ',
    ${digest(`SELECT concat_ws(',', c.oid, n.nspname, c.relname, c.relkind, CASE WHEN c.relkind = 'r' THEN c.relfilenode END)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA}`)},
    ${digest(`SELECT concat_ws(',', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attisdropped)
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE a.attnum > 0 AND ${USER_SCHEMA}`)},
    ${digest(`SELECT concat_ws(',', p.oid, md5(p.prosrc)) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${USER_SCHEMA}`)},
    ${digest(`SELECT concat_ws(',', t.oid, t.tgname, t.tgenabled) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND ${USER_SCHEMA}`)},
    ${digest(`SELECT concat_ws(',', r.oid, md5(r.ev_action::text)) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA}`)},
    ${digest(`SELECT concat_ws(',', k.oid, k.conname, k.convalidated) FROM pg_constraint k
      JOIN pg_namespace n ON n.oid = k.connamespace WHERE ${USER_SCHEMA}`)}
  ) AS fingerprint`);
  return rows[0]?.fingerprint ?? '';
}
