import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/**
 * Who alone may do something now. Time is the database's. The epoch rises with every acquisition, for ever, so that
 * whoever obeys a lease holder can refuse one that has been overtaken. The first one is the time in seconds, so that it
 * lies above those of a catalog that was lost and made anew.
 */
export class LeaseStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** The new epoch; undefined while anyone (the same owner too) holds the lease. */
  async acquire(name: string, owner: string, seconds: number): Promise<number | undefined> {
    const { rows } = await sql<{ epoch: bigint }>`
      insert into leases (name, owner, epoch, expires_at)
      values (${name}, ${owner}, extract(epoch from clock_timestamp())::bigint, ${expiry(seconds)})
      on conflict (name) do update
        set owner = excluded.owner, epoch = leases.epoch + 1, expires_at = excluded.expires_at
        where leases.expires_at <= clock_timestamp()
      returning epoch`.execute(this.#database);
    return rows[0] === undefined ? undefined : Number(rows[0].epoch);
  }

  /** False when the lease has ended or belongs to another epoch: stop at once. */
  async renew(name: string, owner: string, epoch: number, seconds: number): Promise<boolean> {
    const { numAffectedRows } = await sql`
      update leases set expires_at = ${expiry(seconds)}
      where name = ${name} and owner = ${owner} and epoch = ${epoch} and expires_at > clock_timestamp()`.execute(
      this.#database,
    );
    return numAffectedRows === 1n;
  }

  /** Ends it early. Nothing happens when it has passed to another. */
  async release(name: string, owner: string, epoch: number): Promise<void> {
    await sql`
      update leases set expires_at = clock_timestamp()
      where name = ${name} and owner = ${owner} and epoch = ${epoch} and expires_at > clock_timestamp()`.execute(
      this.#database,
    );
  }

  /** Ends all of them, whoever held them: for one who knows that nobody else can use this catalog. */
  async endAll(): Promise<void> {
    await sql`
      update leases set expires_at = clock_timestamp() where expires_at > clock_timestamp()`.execute(
      this.#database,
    );
  }
}

function expiry(seconds: number) {
  return sql`clock_timestamp() + make_interval(secs => ${seconds})`;
}
