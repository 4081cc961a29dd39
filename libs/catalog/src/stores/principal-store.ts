import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

type Role = Principal['role'];

/** Someone, or some program, that may call the console API. */
export interface Principal {
  readonly id: string;
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
}

export class PrincipalStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Makes the principal, or gives the one of that name this role and token; its old token ends. */
  async ensure(principal: { name: string; role: Role; tokenHash: Buffer }): Promise<Principal> {
    const access = { role: principal.role, token_hash: principal.tokenHash };
    const row = await this.#database
      .insertInto('principals')
      .values({ id: randomUUID(), name: principal.name, ...access })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(access))
      .returning(['id', 'name', 'role'])
      .executeTakeFirstOrThrow();
    return { ...row, role: row.role as Role };
  }

  async byTokenHash(hash: Buffer): Promise<Principal | undefined> {
    const row = await this.#all().where('token_hash', '=', hash).executeTakeFirst();
    return row === undefined ? undefined : { ...row, role: row.role as Role };
  }

  async list(): Promise<Principal[]> {
    const rows = await this.#all().orderBy('name').execute();
    return rows.map((row) => ({ ...row, role: row.role as Role }));
  }

  #all() {
    return this.#database.selectFrom('principals').select(['id', 'name', 'role']);
  }
}
