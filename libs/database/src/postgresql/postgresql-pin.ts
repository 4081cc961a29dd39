import { LifeboatError } from '@lifeboat/kernel';
import type { DocumentRow } from '@lifeboat/dxp';
import type { DatabaseEngineOptions, Dump, Pin } from '../database-engine.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { documentQuery, type DocumentSelection } from '../documents/document-query.ts';
import { documentReader } from '../documents/dxp-row-collector.ts';
import type { ObjectCounts } from '../object-counts.ts';
import { catalogFingerprint, countObjects, USER_SCHEMA } from './catalog-queries.ts';
import { startPostgresqlDump } from './postgresql-dump.ts';
import { connect, identifier, type Session } from './postgresql-session.ts';

const ROWS_PER_FETCH = 5_000;

/** What was true in the pinned snapshot. */
export interface PinnedSnapshot {
  readonly id: string;
  readonly openedAt: Date;
  readonly counts: ObjectCounts;
  readonly fingerprint: string;
}

/** A transaction that holds one snapshot open and lends it to pg_dump, so that rows read here are the dump's rows. */
export class PostgresqlPin implements Pin {
  readonly isSnapshot = true;
  readonly position: string | null;
  readonly #session: Session;
  readonly #snapshot: PinnedSnapshot;
  readonly #target: DatabaseTarget;
  readonly #options: DatabaseEngineOptions;
  #cursors = 0;
  #released = false;

  private constructor(
    session: Session,
    snapshot: PinnedSnapshot,
    position: string | null,
    target: DatabaseTarget,
    options: DatabaseEngineOptions,
  ) {
    this.#session = session;
    this.#snapshot = snapshot;
    this.position = position;
    this.#target = target;
    this.#options = options;
  }

  static async open(target: DatabaseTarget, options: DatabaseEngineOptions): Promise<PostgresqlPin> {
    const session = await connect(target);
    try {
      await session.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      // Every row is fetched, and tables just filled have no statistics: without this the planner, thinking of the
      // first few rows, joins by a loop that takes minutes where a hash takes a moment.
      await session.query('SET LOCAL cursor_tuple_fraction = 1; SET LOCAL enable_nestloop = off');
      const openedAt = options.clock.now();
      const { rows } = await session.query<{
        id: string;
        position: string;
      }>(`SELECT pg_export_snapshot() AS id,
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS position`);
      const counts = await countObjects(session);
      const fingerprint = await catalogFingerprint(session);
      const snapshot = { id: rows[0]?.id ?? '', openedAt, counts, fingerprint };
      return new PostgresqlPin(session, snapshot, rows[0]?.position ?? null, target, options);
    } catch (thrown) {
      await session.end().catch(() => undefined);
      throw new LifeboatError('DATABASE_DUMP_FAILED', 'the snapshot could not be opened', { cause: thrown });
    }
  }

  get openedAt(): Date {
    return this.#snapshot.openedAt;
  }

  documents(): AsyncGenerator<DocumentRow> {
    return this.#rows('all');
  }

  workingCopies(): AsyncGenerator<DocumentRow> {
    return this.#rows('working-copies');
  }

  async *#rows(which: DocumentSelection): AsyncGenerator<DocumentRow> {
    for (const query of await this.#documentQueries(which)) {
      this.#cursors += 1;
      const cursor = `lifeboat_documents_${this.#cursors}`;
      await this.#session.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${query}`);
      try {
        for (;;) {
          // As arrays: an object for each row, by name, is half of what reading rows costs.
          const { rows, fields } = await this.#session.query<(string | null)[]>({
            text: `FETCH ${ROWS_PER_FETCH} FROM ${cursor}`,
            rowMode: 'array',
          });
          if (rows.length === 0) break;
          const documentFrom = documentReader(fields.map(({ name }) => name));
          for (const row of rows) yield documentFrom(row);
        }
      } finally {
        if (!this.#released) await this.#session.query(`CLOSE ${cursor}`);
      }
    }
  }

  dump(): Dump {
    return startPostgresqlDump(this.#target, this.#snapshot, this.#options);
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#session.end().catch(() => undefined);
  }

  /** One query for each schema that has documents: a partitioned installation has one schema per company. */
  async #documentQueries(which: DocumentSelection): Promise<string[]> {
    const { rows } = await this.#session.query<{ schema: string; table: string; columns: string[] }>(`
      SELECT n.nspname AS schema, c.relname AS table, array_agg(a.attname::text) AS columns
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relkind IN ('r', 'p') AND c.relname IN ('dlfileversion', 'dlfileentry') AND ${USER_SCHEMA}
       GROUP BY 1, 2 ORDER BY 1, 2`);
    const queries: string[] = [];
    for (const version of rows.filter(({ table }) => table === 'dlfileversion')) {
      const entry = rows.find(({ schema, table }) => schema === version.schema && table === 'dlfileentry');
      if (entry === undefined) continue;
      const tables = {
        versionTable: `${identifier(version.schema)}.dlfileversion`,
        entryTable: `${identifier(version.schema)}.dlfileentry`,
        versionColumns: new Set(version.columns),
        entryColumns: new Set(entry.columns),
      };
      queries.push(documentQuery(tables, (sql) => `${sql}::text`, which));
    }
    return queries;
  }
}
