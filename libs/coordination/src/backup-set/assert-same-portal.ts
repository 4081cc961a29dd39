import { compareCompanies } from '@lifeboat/dxp';
import { LifeboatError } from '@lifeboat/kernel';

import type { BackupSetRun } from './backup-set-run.ts';

/**
 * A set's database must be the portal's to whose documents its store belongs: else every document would be missing,
 * and all files orphans. What an agent of before 0.2 did not look at is not judged.
 *
 * @throws DATABASE_OF_ANOTHER
 */
export function assertIsPortalDatabase({ probe, cluster }: BackupSetRun): void {
  const { documentStore } = cluster.definition;
  if (documentStore === undefined || probe?.portal === undefined || probe.portal.documentTables) return;
  throw new LifeboatError(
    'DATABASE_OF_ANOTHER',
    `the database ${probe.database} has no DLFileEntry and DLFileVersion: it is not a portal's`,
    {
      guidance:
        'Name the portal’s own database as database.url in cluster.yaml, and apply it again. A cluster without a portal has no documentStore.',
    },
  );
}

/** The same, once it is known which companies the store has folders of. @throws DATABASE_OF_ANOTHER */
export function assertStoreOfSameCompanies({ probe, copies }: BackupSetRun): void {
  const companies = probe?.portal?.companies;
  if (companies === undefined || companies === null || copies === undefined) return;
  const { isOtherPortal, withoutRow } = compareCompanies(companies, copies.topFolders());
  if (!isOtherPortal) return;
  const few = (ids: readonly string[]): string => ids.slice(0, 5).join(', ') || 'none';
  throw new LifeboatError(
    'DATABASE_OF_ANOTHER',
    `the document store has folders of the companies ${few(withoutRow)}; the database ${probe?.database} has ${few(companies)}`,
    {
      guidance:
        'Database and document store are of two portals. Look at database.url and documentStore.path in cluster.yaml.',
    },
  );
}
