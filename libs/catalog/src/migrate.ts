import { LifeboatError, type Log } from '@lifeboat/kernel';
import { sql, type Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import type pg from 'pg';
import { MIGRATIONS } from './migrations/index.ts';
import type { Schema } from './schema.ts';

/** Any number that no other program on the same database uses for its advisory locks. */
const MIGRATION_LOCK = 0x6c62_6d69n;
const MIGRATION_TABLE = 'schema_migrations';

/**
 * Brings the schema up to date. Processes that start together queue at an advisory lock of a session of its own: the
 * migrator's lock is taken only after it has made its tables, which is where starting processes collide.
 *
 * @throws FORMAT_UNSUPPORTED when a newer release has migrated the catalog.
 */
export async function migrate(database: Kysely<Schema>, pool: pg.Pool, log: Log): Promise<void> {
  const session = await pool.connect();
  try {
    await session.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await refuseNewer(database);
    await runMigrations(database, log);
  } finally {
    // Closing the session gives the lock back whatever has happened to it.
    session.release(true);
  }
}

async function runMigrations(database: Kysely<Schema>, log: Log): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: `${MIGRATION_TABLE}_lock`,
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) {
    throw new LifeboatError('INTERNAL', 'the catalog could not be migrated; it is as it was before', {
      cause: error,
    });
  }
  for (const { migrationName } of results) log.info({ migration: migrationName }, 'catalog migrated');
}

async function refuseNewer(database: Kysely<Schema>): Promise<void> {
  const newer = (await appliedMigrations(database)).filter((name) => !Object.hasOwn(MIGRATIONS, name));
  if (newer.length === 0) return;
  throw new LifeboatError('FORMAT_UNSUPPORTED', 'the catalog was migrated by a newer release of Lifeboat', {
    guidance: 'Run that release, or a newer one, against this database.',
    context: { unknownMigrations: newer },
  });
}

async function appliedMigrations(database: Kysely<Schema>): Promise<string[]> {
  const { rows: tables } = await sql<{ there: boolean }>`
    select to_regclass(${MIGRATION_TABLE}) is not null as there`.execute(database);
  if (tables[0]?.there !== true) return [];
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.table(MIGRATION_TABLE)} order by name`.execute(database);
  return rows.map(({ name }) => name);
}
