import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** In which order packs are read back again: when that was last tried, whatever came of it. */
const STATEMENTS = [
  // 1970: never, so that it comes first. To the millisecond, as JavaScript hands it back.
  `alter table packs add column tried_at timestamptz not null default 'epoch'`,
  `update packs set tried_at = date_trunc('milliseconds', proved_at) where proved_at is not null`,
  `create index packs_tried on packs (tried_at, id) where closed_at is not null`,
];

export const triedProofs: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
