import { createHash } from 'node:crypto';
import type { ClusterId } from '@lifeboat/kernel';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { Schema } from '../schema.ts';

export interface AuditEntry {
  readonly principal: string;
  readonly action: string;
  readonly cluster?: ClusterId | null | undefined;
  readonly subject?: string | null | undefined;
  readonly outcome: string;
  /** Anything JSON can say; never a secret. */
  readonly detail?: unknown;
}

export interface AuditRow {
  readonly id: bigint;
  readonly at: Date;
  readonly principal: string;
  readonly action: string;
  readonly cluster: ClusterId | null;
  readonly subject: string | null;
  readonly outcome: string;
  readonly detail: unknown;
  /** Hex. */
  readonly hash: string;
}

/** Serialises appends, from every process, for the length of one small transaction. */
const APPEND_LOCK = 0x6c62_6175n;
const FIRST_PREVIOUS = Buffer.alloc(32);
const VERIFY_PAGE = 1000;

/**
 * Who did what. Rows are numbered without gaps and each carries the SHA-256 of itself and the row before, so that a
 * row changed, removed or put in between shows; only the newest rows can be cut off unseen.
 */
export class AuditLog {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async append(entry: AuditEntry): Promise<bigint> {
    return this.#database.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${APPEND_LOCK})`.execute(transaction);
      const last = await transaction
        .selectFrom('audit')
        .select(['id', 'hash'])
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      const row = {
        id: (last?.id ?? 0n) + 1n,
        at: await databaseTime(transaction),
        principal: entry.principal,
        action: entry.action,
        cluster: entry.cluster ?? null,
        subject: entry.subject ?? null,
        outcome: entry.outcome,
        detail: entry.detail === undefined ? null : JSON.stringify(entry.detail),
        previous: last?.hash ?? FIRST_PREVIOUS,
      };
      await transaction
        .insertInto('audit')
        .values({ ...row, hash: hashOf(row) })
        .execute();
      return row.id;
    });
  }

  /** Newest first; `before` is the id to go on from. */
  async list(page: { limit: number; before?: bigint | undefined }): Promise<AuditRow[]> {
    let query = this.#database.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(page.limit);
    if (page.before !== undefined) query = query.where('id', '<', page.before);
    return (await query.execute()).map(toAuditRow);
  }

  /** The id of the first row that does not follow from the one before it; undefined when the whole chain holds. */
  async firstBroken(): Promise<bigint | undefined> {
    let last = { id: 0n, hash: FIRST_PREVIOUS as Buffer };
    for (;;) {
      const query = this.#database.selectFrom('audit').selectAll().where('id', '>', last.id);
      const page = await query.orderBy('id').limit(VERIFY_PAGE).execute();
      if (page.length === 0) return undefined;
      for (const row of page) {
        const follows =
          row.id === last.id + 1n && row.previous.equals(last.hash) && row.hash.equals(hashOf(row));
        if (!follows) return row.id;
        last = row;
      }
    }
  }
}

/** To the millisecond, as a Date keeps it: what is hashed must be what is stored. */
async function databaseTime(database: Kysely<Schema>): Promise<Date> {
  const { rows } = await sql<{
    now: Date;
  }>`select date_trunc('milliseconds', clock_timestamp()) as now`.execute(database);
  return rows[0]!.now;
}

function hashOf(row: Omit<Selectable<Schema['audit']>, 'hash'>): Buffer {
  const { id, at, principal, action, cluster, subject, outcome, detail, previous } = row;
  const text = JSON.stringify([
    String(id),
    at.toISOString(),
    principal,
    action,
    cluster,
    subject,
    outcome,
    detail,
  ]);
  return createHash('sha256').update(previous).update(text).digest();
}

function toAuditRow(row: Selectable<Schema['audit']>): AuditRow {
  return {
    id: row.id,
    at: row.at,
    principal: row.principal,
    action: row.action,
    cluster: row.cluster as ClusterId | null,
    subject: row.subject,
    outcome: row.outcome,
    detail: row.detail === null ? null : JSON.parse(row.detail),
    hash: row.hash.toString('hex'),
  };
}
