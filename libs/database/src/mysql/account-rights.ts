import { select, type Session } from './mysql-session.ts';

/** What the account may do, from SHOW GRANTS (MariaDB lists enabled roles there too). */
export interface AccountRights {
  /** As the server matched it: `'user'@'host'`. */
  readonly account: string;
  readonly global: ReadonlySet<string>;
  readonly onSchema: ReadonlySet<string>;
  readonly mayReadRoutines: boolean;
  /** May keep a DEFINER other than itself. */
  readonly maySetDefiner: boolean;
}

export async function rightsOf(session: Session, schema: string): Promise<AccountRights> {
  const [who] = await select<{ account: string }>(session, 'SELECT CURRENT_USER() AS account');
  const grants = (await select<Record<string, string>>(session, 'SHOW GRANTS')).map(
    (row) => Object.values(row)[0] ?? '',
  );
  const global = new Set<string>();
  const onSchema = new Set<string>();
  let proc = false;
  for (const grant of grants) {
    const parts = /^GRANT (.+?) ON (\S+) TO /.exec(grant);
    if (parts === null) continue;
    const [, list = '', object = ''] = parts;
    const privileges = list
      .toUpperCase()
      .replaceAll(/\([^)]*\)/g, '')
      .split(',')
      .map((privilege) => privilege.trim());
    if (object === '*.*') privileges.forEach((privilege) => global.add(privilege));
    else if (matchesSchema(object, schema)) privileges.forEach((privilege) => onSchema.add(privilege));
    else if (/^`?mysql`?\.(`?proc`?|\*)$/.test(object))
      proc ||= privileges.some((p) => p === 'SELECT' || p === 'ALL PRIVILEGES');
  }
  const globally = (...names: string[]): boolean =>
    ['ALL PRIVILEGES', ...names].some((name) => global.has(name));
  const [user = '', host = ''] = splitAccount(who?.account ?? '');
  return {
    account: `'${user}'@'${host}'`,
    global,
    onSchema,
    mayReadRoutines:
      proc ||
      globally('SELECT', 'SHOW_ROUTINE', 'SHOW CREATE ROUTINE') ||
      onSchema.has('SHOW CREATE ROUTINE'),
    maySetDefiner: globally('SUPER', 'SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER'),
  };
}

/** The statements that would let the account see everything a dump must hold; empty when it may already. */
function missingGrants(
  rights: AccountRights,
  schema: string,
  routines: 'mysql.proc' | 'SHOW_ROUTINE',
): string[] {
  const has = (name: string): boolean =>
    [rights.global, rights.onSchema].some((set) => set.has(name) || set.has('ALL PRIVILEGES'));
  const missing = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'].filter((name) => !has(name));
  const statements: string[] = [];
  if (missing.length > 0)
    statements.push(`GRANT ${missing.join(', ')} ON \`${schema}\`.* TO ${rights.account};`);
  if (!rights.mayReadRoutines) {
    statements.push(
      routines === 'mysql.proc'
        ? `GRANT SELECT ON mysql.proc TO ${rights.account};`
        : `GRANT SHOW_ROUTINE ON *.* TO ${rights.account};`,
    );
  }
  return statements;
}

/** The same for several schemas of one portal. */
export async function missingGrantsOn(
  session: Session,
  schemas: readonly string[],
  routines: 'mysql.proc' | 'SHOW_ROUTINE',
): Promise<string[]> {
  const statements = new Set<string>();
  for (const schema of schemas) {
    for (const grant of missingGrants(await rightsOf(session, schema), schema, routines))
      statements.add(grant);
  }
  return [...statements];
}

/** Schema names in grants are patterns: `_` and `%` are wild unless escaped. */
function matchesSchema(object: string, schema: string): boolean {
  const pattern = /^`?((?:[^`]|``)+?)`?\.\*$/.exec(object)?.[1]?.replaceAll('``', '`');
  if (pattern === undefined) return false;
  const source = pattern.replaceAll(
    /\\([_%])|([_%])|([.*+?^${}()|[\]\\])/g,
    (_, escaped?: string, wild?: string, special?: string) =>
      escaped !== undefined ? escaped : wild === '_' ? '.' : wild === '%' ? '.*' : `\\${special}`,
  );
  return new RegExp(`^${source}$`, 'i').test(schema);
}

function splitAccount(account: string): [string, string] {
  const at = account.lastIndexOf('@');
  return [account.slice(0, at), account.slice(at + 1)];
}
