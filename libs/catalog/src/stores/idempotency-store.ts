import { randomUUID } from 'node:crypto';
import { LifeboatError } from '@lifeboat/kernel';
import { sql, type Kysely } from 'kysely';
import { jsonOrNull } from '../json.ts';
import type { Schema } from '../schema.ts';

/** A request whose process died is free to be asked again after this long. */
const CLAIM_SECONDS = 300;

/**
 * Answers kept by `Idempotency-Key`. A key is claimed before the work and holds its answer after it; no connection is
 * held meanwhile. When a process dies in between, the work runs again at the next attempt: it must bear that.
 */
export class IdempotencyStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /**
   * The answer of `work`, which runs unless this principal's key has an answer already. Answers must survive JSON. A
   * failure is not kept: the key may be tried again.
   *
   * @throws CONFLICT while the first request still runs, or when the key was used for another request (fingerprint).
   */
  async once<T>(
    principal: string,
    key: string,
    work: () => Promise<T>,
    options: { fingerprint?: string | undefined } = {},
  ): Promise<T> {
    const fingerprint = options.fingerprint ?? null;
    const claim = await this.#claim(principal, key, fingerprint);
    if (claim === undefined) return (await this.#answer(principal, key, fingerprint)) as T;
    let answer: T;
    try {
      answer = await work();
    } catch (error) {
      await this.#database.deleteFrom('idempotency_keys').where('claim', '=', claim).execute();
      throw error;
    }
    await this.#database
      .updateTable('idempotency_keys')
      .set({ done: true, claim: null, claimed_until: null, result: jsonOrNull(answer) })
      .where('claim', '=', claim)
      .execute();
    return answer;
  }

  /** Forgets answers older than this; a late repetition then counts as a new request. */
  async forgetBefore(time: Date): Promise<void> {
    await this.#database.deleteFrom('idempotency_keys').where('created_at', '<', time).execute();
  }

  async #claim(principal: string, key: string, fingerprint: string | null): Promise<string | undefined> {
    const claim = randomUUID();
    const { numAffectedRows } = await sql`
      insert into idempotency_keys (principal, key, fingerprint, claim, claimed_until)
      values (${principal}, ${key}, ${fingerprint}, ${claim}, now() + make_interval(secs => ${CLAIM_SECONDS}))
      on conflict (principal, key) do update
        set claim = excluded.claim, claimed_until = excluded.claimed_until
        where not idempotency_keys.done and idempotency_keys.claimed_until <= now()
          and idempotency_keys.fingerprint is not distinct from excluded.fingerprint`.execute(this.#database);
    return numAffectedRows === 1n ? claim : undefined;
  }

  async #answer(principal: string, key: string, fingerprint: string | null): Promise<unknown> {
    const row = await this.#database
      .selectFrom('idempotency_keys')
      .select(['done', 'result', 'fingerprint'])
      .where('principal', '=', principal)
      .where('key', '=', key)
      .executeTakeFirst();
    if (row !== undefined && row.fingerprint !== fingerprint) {
      throw new LifeboatError('CONFLICT', 'this Idempotency-Key was used for another request', {
        guidance: 'Use a new key for every new request.',
      });
    }
    if (row?.done !== true) {
      throw new LifeboatError('CONFLICT', 'the request with this Idempotency-Key is still being worked on', {
        guidance: 'Ask again in a moment.',
      });
    }
    return row.result ?? undefined;
  }
}
