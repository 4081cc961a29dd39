import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What was copied to a replica and read back from it. */
const STATEMENTS = [
  `create table replicated (
     replica text not null,
     blob text not null,
     verified_at timestamptz not null,
     primary key (replica, blob)
   )`,
];

export const replicated: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
