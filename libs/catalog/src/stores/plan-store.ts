import type { ClusterId, PlanId } from '@lifeboat/kernel';
import type { RestorePlan } from '@lifeboat/model';
import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Restores decided but not begun. A plan never changes. */
export class PlanStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async create(plan: RestorePlan, cluster: ClusterId): Promise<void> {
    await this.#database
      .insertInto('plans')
      .values({
        id: plan.plan,
        cluster,
        set: plan.set,
        plan: JSON.stringify(plan),
        created_at: new Date(plan.createdAt),
      })
      .execute();
  }

  async get(id: PlanId): Promise<RestorePlan | undefined> {
    const query = this.#database.selectFrom('plans').select('plan').where('id', '=', id);
    return (await query.executeTakeFirst())?.plan as RestorePlan | undefined;
  }
}
