import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The key of chunks carries all that a look-up asks, so that one reads a page of the index and none of the table: ids
 * are random, and of a large catalog both pages would come from outside PostgreSQL's own memory. The index alone answers
 * for what a vacuum has seen, so new rows are vacuumed early; it reads none of the old ones.
 */
const STATEMENTS = [
  `alter table chunks drop constraint chunks_pkey`,
  `alter table chunks add primary key (cluster, id, sender)
     include (pack, "offset", length, raw_length, type, poisoned, tombstone)`,
  `alter table chunks set (autovacuum_vacuum_insert_scale_factor = 0.02)`,
];

export const coveringKey: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
