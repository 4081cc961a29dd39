import { LifeboatError, type ClusterId } from '@lifeboat/kernel';
import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Join tokens, by the hash of their text alone. */
export class JoinTokenStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async create(token: { hash: Buffer; cluster: ClusterId; node: string; expiresAt: Date }): Promise<void> {
    const { hash, cluster, node, expiresAt } = token;
    await this.#database
      .insertInto('join_tokens')
      .values({ hash, cluster, node, expires_at: expiresAt, used_at: null })
      .execute();
  }

  /**
   * Uses a token up and says which node of which cluster may join with it. Of any number of callers at once, one
   * succeeds: the row is changed only while it is unused.
   *
   * @throws TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED
   */
  async redeem(hash: Buffer, now: Date): Promise<{ cluster: ClusterId; node: string }> {
    return this.#database.transaction().execute(async (transaction) => {
      const redeemed = await transaction
        .updateTable('join_tokens')
        .set({ used_at: now })
        .where('hash', '=', hash)
        .where('used_at', 'is', null)
        .where('expires_at', '>', now)
        .returning(['cluster', 'node'])
        .executeTakeFirst();
      if (redeemed !== undefined) return { cluster: redeemed.cluster as ClusterId, node: redeemed.node };
      throw await whyRefused(transaction, hash);
    });
  }
}

async function whyRefused(database: Kysely<Schema>, hash: Buffer): Promise<LifeboatError> {
  const query = database.selectFrom('join_tokens').select(['used_at']).where('hash', '=', hash);
  const token = await query.executeTakeFirst();
  const guidance = 'Make a new one with `lifeboat node token`.';
  if (token === undefined) return new LifeboatError('TOKEN_INVALID', 'no such join token', { guidance });
  if (token.used_at !== null) {
    return new LifeboatError('TOKEN_USED', 'this join token was used before', { guidance });
  }
  return new LifeboatError('TOKEN_EXPIRED', 'this join token has expired', { guidance });
}
