import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What schedules and retention remember. What they are to do stands in the definition of the cluster. */
const STATEMENTS = [
  // settled_at: up to which instant runs were begun or given up.
  `create table schedules (
     cluster uuid primary key references clusters,
     settled_at timestamptz not null,
     began_at timestamptz,
     began_set uuid,
     missed bigint not null default 0
   )`,
  `create table pins (
     set uuid primary key references sets,
     reason text not null,
     pinned_by text not null,
     pinned_at timestamptz not null,
     until timestamptz
   )`,
  // Sets that a policy has let go of, and how long servers have run since: no clock can shorten that.
  `create table drops (
     set uuid primary key references sets,
     dropped_at timestamptz not null,
     reason text not null,
     waited_seconds double precision not null default 0
   )`,
];

export const schedules: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
