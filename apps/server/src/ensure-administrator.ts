import path from 'node:path';
import type { Catalog } from '@lifeboat/catalog';
import { createApiToken, hashToken } from '@lifeboat/identity';
import { readIfThere, writeFileAtomic } from '@lifeboat/runtime';

const ADMINISTRATOR = 'admin';

/**
 * Fails closed: a server never listens without an administrator. The first start makes one and writes the token to
 * `DATA/admin-token`; a catalog that was lost and made anew takes the token of that file again.
 *
 * @returns the token when it was made just now, to be shown once
 */
export async function ensureAdministrator(catalog: Catalog, data: string): Promise<string | undefined> {
  const file = path.join(data, 'admin-token');
  const known = (await catalog.principals.list()).some((principal) => principal.role === 'admin');
  const kept = (await readIfThere(file))?.trim();
  if (known) return undefined;
  const { token } = kept === undefined ? createApiToken() : { token: kept };
  if (kept === undefined) await writeFileAtomic(file, `${token}\n`, { mode: 0o600 });
  await catalog.principals.ensure({ name: ADMINISTRATOR, role: 'admin', tokenHash: hashToken(token) });
  return kept === undefined ? token : undefined;
}
