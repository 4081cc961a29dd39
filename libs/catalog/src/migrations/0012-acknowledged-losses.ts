import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What sets lost and somebody accepted; a path goes again when a later set has its bytes. */
const STATEMENTS = [
  `create table acknowledgements (
     set uuid primary key,
     cluster uuid not null references clusters (id),
     sequence integer not null,
     acknowledged_at timestamptz not null,
     acknowledged_by text not null,
     reason text not null
   )`,
  `create table acknowledged_losses (
     cluster uuid not null references clusters (id),
     path text not null,
     sequence integer not null,
     primary key (cluster, path)
   )`,
];

export const acknowledgedLosses: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
