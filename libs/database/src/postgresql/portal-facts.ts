import type { PortalFacts } from '../database-engine.ts';
import { USER_SCHEMA } from './catalog-queries.ts';
import { identifier, type Session } from './postgresql-session.ts';

/** Whether this database is a portal's, and whose. A partitioned one has its companies in the default schema. */
export async function portalFacts(session: Session): Promise<PortalFacts> {
  const { rows } = await session.query<{ schema: string; table: string }>(`
    SELECT DISTINCT n.nspname AS schema, c.relname AS table
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('fileentryid', 'companyid') AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND c.relname IN ('dlfileentry', 'dlfileversion', 'company') AND ${USER_SCHEMA}`);
  const schemasOf = (name: string): string[] =>
    rows.filter(({ table }) => table === name).map(({ schema }) => schema);
  const entries = schemasOf('dlfileentry');
  const documentTables = schemasOf('dlfileversion').some((schema) => entries.includes(schema));
  const tables = schemasOf('company').map((schema) => `SELECT companyid FROM ${identifier(schema)}.company`);
  if (tables.length === 0) return { documentTables, companies: null };
  const companies = await session.query<{ id: string }>(
    `SELECT DISTINCT companyid::text AS id FROM (${tables.join(' UNION ALL ')}) AS found ORDER BY 1`,
  );
  return { documentTables, companies: companies.rows.map(({ id }) => id) };
}
