import type { ClusterId, ErrorReport, PlanId, RestoreId, SetId } from '@lifeboat/kernel';
import type { RestorePlan, RestoreState, SignedDecision } from '@lifeboat/model';
import { sql, type Kysely, type Selectable } from 'kysely';
import { jsonOrNull } from '../json.ts';
import type { Schema } from '../schema.ts';

export interface RestoreStep {
  readonly at: Date;
  readonly step: string;
  readonly detail: unknown;
}

export interface RestoreRow {
  readonly id: RestoreId;
  readonly planId: PlanId;
  readonly plan: RestorePlan;
  readonly cluster: ClusterId;
  readonly clusterName: string;
  readonly set: SetId;
  readonly state: RestoreState;
  readonly requestedAt: Date;
  readonly requestedBy: string;
  readonly finishedAt: Date | null;
  readonly decision: SignedDecision | null;
  readonly progress: unknown;
  readonly figures: unknown;
  readonly failure: ErrorReport | null;
  /** In the order in which they were appended. */
  readonly steps: readonly RestoreStep[];
}

/** What may change along with a restore's state; what is left out stays. */
export interface RestorePatch {
  readonly decision?: SignedDecision | null;
  readonly progress?: unknown;
  readonly figures?: unknown;
  readonly failure?: ErrorReport | null;
}

/** Not `needs-operator`: something there is still owed. */
const FINISHED: readonly RestoreState[] = ['completed', 'aborted', 'rolled-back'];
const LIST_LIMIT = 200;

export class RestoreStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** A restore in state `requested`. */
  async create(restore: {
    id: RestoreId;
    plan: PlanId;
    cluster: ClusterId;
    set: SetId;
    requestedBy: string;
  }): Promise<RestoreRow> {
    await this.#database
      .insertInto('restores')
      .values({
        id: restore.id,
        plan: restore.plan,
        cluster: restore.cluster,
        set: restore.set,
        state: 'requested' satisfies RestoreState,
        requested_by: restore.requestedBy,
        finished_at: null,
      })
      .execute();
    return toRestoreRow(await this.#rows().where('restores.id', '=', restore.id).executeTakeFirstOrThrow());
  }

  /** Compare-and-set: true when the restore was in (one of) the expected state(s) and is now in the new one. */
  async update(
    id: RestoreId,
    expected: RestoreState | readonly RestoreState[],
    next: RestoreState,
    patch: RestorePatch = {},
  ): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('restores')
      .set({
        state: next,
        finished_at: FINISHED.includes(next) ? sql<Date>`coalesce(finished_at, now())` : null,
        ...(patch.decision === undefined ? {} : { decision: jsonOrNull(patch.decision) }),
        ...(patch.progress === undefined ? {} : { progress: jsonOrNull(patch.progress) }),
        ...(patch.figures === undefined ? {} : { figures: jsonOrNull(patch.figures) }),
        ...(patch.failure === undefined ? {} : { failure: jsonOrNull(patch.failure) }),
      })
      .where('id', '=', id)
      .where('state', 'in', [expected].flat())
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Adds a line to the restore's journal for people. */
  async step(id: RestoreId, step: string, detail?: unknown): Promise<void> {
    await this.#database
      .insertInto('restore_steps')
      .values({ restore: id, step, detail: jsonOrNull(detail) })
      .execute();
  }

  async get(id: RestoreId): Promise<RestoreRow | undefined> {
    const row = await this.#rows().where('restores.id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toRestoreRow(row);
  }

  /** Newest first. */
  async list(cluster?: ClusterId, limit: number = LIST_LIMIT): Promise<RestoreRow[]> {
    let query = this.#rows().orderBy('restores.requested_at', 'desc').orderBy('restores.id').limit(limit);
    if (cluster !== undefined) query = query.where('restores.cluster', '=', cluster);
    return (await query.execute()).map(toRestoreRow);
  }

  /** What a restarted server must drive on, oldest first. */
  async unfinished(): Promise<RestoreRow[]> {
    const query = this.#rows().where('restores.state', 'not in', FINISHED).orderBy('restores.requested_at');
    return (await query.execute()).map(toRestoreRow);
  }

  /** Restores that need their set: those that have not come to rest, and completed ones that may be rolled back. */
  async needingSets(): Promise<{ restore: RestoreId; set: SetId; state: RestoreState }[]> {
    const { rows } = await sql<{ restore: RestoreId; set: SetId; state: RestoreState }>`
      select id as restore, set, state from restores
      where state not in ('aborted', 'rolled-back') and not (state = 'completed' and exists (
        select from restore_steps where restore = restores.id and step = 'finalizing'))`.execute(
      this.#database,
    );
    return rows;
  }

  #rows() {
    return this.#database
      .selectFrom('restores')
      .innerJoin('clusters', 'clusters.id', 'restores.cluster')
      .innerJoin('plans', 'plans.id', 'restores.plan')
      .selectAll('restores')
      .select(['clusters.name as cluster_name', 'plans.plan as plan_document'])
      .select(
        sql<{ at: string; step: string; detail: unknown }[]>`(
          select coalesce(json_agg(json_build_object('at', at, 'step', step, 'detail', detail) order by number), '[]')
          from restore_steps where restore_steps.restore = restores.id
        )`.as('steps'),
      );
  }
}

type Row = Selectable<Schema['restores']> & {
  cluster_name: string;
  plan_document: unknown;
  steps: { at: string; step: string; detail: unknown }[];
};

function toRestoreRow(row: Row): RestoreRow {
  return {
    id: row.id as RestoreId,
    planId: row.plan as PlanId,
    plan: row.plan_document as RestorePlan,
    cluster: row.cluster as ClusterId,
    clusterName: row.cluster_name,
    set: row.set as SetId,
    state: row.state as RestoreState,
    requestedAt: row.requested_at,
    requestedBy: row.requested_by,
    finishedAt: row.finished_at,
    decision: row.decision as SignedDecision | null,
    progress: row.progress,
    figures: row.figures,
    failure: row.failure as ErrorReport | null,
    steps: row.steps.map(({ at, step, detail }) => ({ at: new Date(at), step, detail })),
  };
}
