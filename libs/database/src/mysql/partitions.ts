import { LifeboatError } from '@lifeboat/kernel';
import { asideNameOf, stagedNameOf } from '../staged-names.ts';
import { identifier, select, type Session } from './mysql-session.ts';

/** A partitioned portal has one schema per company, named after its id, beside the default schema (DXP facts §3.5). */
const PREFIX = 'lpartition_';

/**
 * The schemas of a portal, its default schema first: a partition belongs to it when its `Company` names the company.
 * Several portals may share one server.
 */
export async function schemasOf(session: Session, database: string): Promise<readonly string[]> {
  const company = await tableNamed(session, database, 'company');
  if (company === undefined) return [database];
  const companies = await select<{ id: string }>(
    session,
    `SELECT CAST(companyId AS CHAR) AS id FROM ${company}`,
  );
  const wanted = companies.map(({ id }) => PREFIX + id);
  return [database, ...(await schemasThatExist(session, (name) => wanted.includes(name)))];
}

/**
 * Throws DATABASE_GRANTS when a company's rows are nowhere to be seen: each company has sites (`Group_`), in a
 * partition or in the default schema, and a schema without any grant is invisible.
 */
export async function assertCompaniesSeen(session: Session, database: string): Promise<void> {
  const company = await tableNamed(session, database, 'company');
  const group = await tableNamed(session, database, 'group_');
  if (company === undefined || group === undefined) return;
  const unpartitioned = await select<{ id: string }>(
    session,
    `SELECT CAST(companyId AS CHAR) AS id FROM ${company} WHERE companyId NOT IN (SELECT companyId FROM ${group})`,
  );
  const schemas = await schemasOf(session, database);
  const unseen = unpartitioned.map(({ id }) => PREFIX + id).filter((schema) => !schemas.includes(schema));
  if (unseen.length === 0) return;
  throw new LifeboatError('DATABASE_GRANTS', `company partitions cannot be seen: ${unseen.join(', ')}`, {
    guidance: `the account needs the same rights on each company's schema (\`${PREFIX}<companyId>\`) as on ${database}`,
    context: { schemas: unseen },
  });
}

/** Schemas that look like partitions and belong to no company of this portal. */
export function strayPartitions(session: Session, schemas: readonly string[]): Promise<string[]> {
  return schemasThatExist(
    session,
    (name) => name.startsWith(PREFIX) && !schemas.includes(name) && !isOurs(name),
  );
}

/** The staged or aside schemas of a restore that are there, the default schema's last: its aside holds the journal. */
export async function schemasOfRestore(
  session: Session,
  database: string,
  restoreId: string,
  nameOf: typeof stagedNameOf,
): Promise<string[]> {
  const own = nameOf(database, restoreId);
  const suffix = nameOf('', restoreId);
  const partitions = await schemasThatExist(
    session,
    (name) => name.startsWith(PREFIX) && name.endsWith(suffix),
  );
  return [...partitions, ...(await schemasThatExist(session, (name) => name === own))];
}

/** The name under which a schema's staged copy becomes live. */
export function liveNameOf(staged: string, database: string, restoreId: string): string {
  return staged === stagedNameOf(database, restoreId)
    ? database
    : staged.slice(0, -stagedNameOf('', restoreId).length);
}

function isOurs(name: string): boolean {
  const id = name.slice(-8);
  return (
    /^[0-9a-f]{8}$/.test(id) && [stagedNameOf, asideNameOf].some((nameOf) => name.endsWith(nameOf('', id)))
  );
}

async function schemasThatExist(session: Session, wanted: (name: string) => boolean): Promise<string[]> {
  const rows = await select<{ name: string }>(
    session,
    'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA ORDER BY 1',
  );
  return rows.map(({ name }) => name).filter(wanted);
}

/** Quoted and qualified, in the case that the server keeps; undefined where there is none. */
async function tableNamed(session: Session, schema: string, lowerCase: string): Promise<string | undefined> {
  const [found] = await select<{ name: string }>(
    session,
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ? AND LOWER(TABLE_NAME) = ? AND TABLE_TYPE = 'BASE TABLE'`,
    [schema, lowerCase],
  );
  return found === undefined ? undefined : `${identifier(schema)}.${identifier(found.name)}`;
}
