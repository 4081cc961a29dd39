import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * A deleted set keeps its row, for its place in the cluster's chain: the next set names its sequence and hash. Its
 * document is gone from the vault, and from here.
 */
const STATEMENTS = [
  `alter table sets
     add column deleted_at timestamptz,
     add column deleted_by text,
     add column deletion_reason text`,
  `alter table sets drop constraint sets_check`,
  `alter table sets
     add constraint sets_document check ((document is not null) = (sequence is not null and deleted_at is null))`,
  `alter table sets add constraint sets_deleted check ((deleted_at is null) = (deleted_by is null))`,
];

export const deletedSets: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
