import type { PortalFacts } from '../database-engine.ts';
import { identifier, select, type Session } from './mysql-session.ts';

/** Whether this schema is a portal's, and whose. Names keep the case that the server keeps. */
export async function portalFacts(session: Session, schema: string): Promise<PortalFacts> {
  const tables = await select<{ name: string }>(
    session,
    `SELECT DISTINCT TABLE_NAME AS name FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ? AND LOWER(TABLE_NAME) IN ('dlfileentry', 'dlfileversion', 'company')
        AND LOWER(COLUMN_NAME) IN ('fileentryid', 'companyid')`,
    [schema],
  );
  const tableOf = (lower: string): string | undefined =>
    tables.find(({ name }) => name.toLowerCase() === lower)?.name;
  const documentTables = tableOf('dlfileentry') !== undefined && tableOf('dlfileversion') !== undefined;
  const company = tableOf('company');
  if (company === undefined) return { documentTables, companies: null };
  const companies = await select<{ id: string }>(
    session,
    `SELECT CAST(companyId AS CHAR) AS id FROM ${identifier(company)} ORDER BY companyId`,
  );
  return { documentTables, companies: companies.map(({ id }) => id) };
}
