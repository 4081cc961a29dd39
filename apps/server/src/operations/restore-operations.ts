import type { ClusterRow, RestoreRow, SetRow } from '@lifeboat/catalog';
import {
  finalizeRestore,
  openRestoreRun,
  planRestore,
  runRestore,
  type Services,
} from '@lifeboat/coordination';
import {
  invariant,
  LifeboatError,
  messageOf,
  type ClusterId,
  type PlanId,
  type RestoreId,
} from '@lifeboat/kernel';
import {
  isDecided,
  isRestoreAtRest,
  nextRestoreState,
  type KeepRule,
  type RestorePlan,
} from '@lifeboat/model';

import { unlessBusy } from './set-operations.ts';

/** How long a restarted server waits for the agents of a decided restore before it looks again. */
const RESUME_DELAY_MILLIS = 5000;
const RESUME_ATTEMPTS = 60;

/** Plans, starts, resumes, rolls back and finalizes restores. */
export class RestoreOperations {
  readonly #services: Services;
  readonly #running = new Map<RestoreId, Promise<void>>();
  readonly #planning = new Map<PlanId, ClusterId>();
  readonly #stopping = new AbortController();

  constructor(services: Services) {
    this.#services = services;
  }

  async plan(cluster: ClusterRow, set: SetRow, keep: KeepRule): Promise<RestorePlan> {
    const { newId, catalog } = this.#services;
    const id = newId() as PlanId;
    this.#planning.set(id, cluster.id);
    try {
      const plan = await planRestore(this.#services, cluster, set, id, keep);
      await catalog.plans.create(plan, cluster.id);
      return plan;
    } finally {
      this.#planning.delete(id);
    }
  }

  /** A node reads the vault for a restore under way in which it takes part, or to count for a plan being made. */
  async mayDownload(cluster: ClusterId, node: string, operation: string): Promise<boolean> {
    if (this.#planning.get(operation as PlanId) === cluster) return true;
    const restore = await this.#services.catalog.restores.get(operation as RestoreId);
    if (restore?.cluster !== cluster || isRestoreAtRest(restore.state)) return false;
    return nodesOf(restore.plan).includes(node);
  }

  async start(planId: PlanId, requestedBy: string): Promise<RestoreRow> {
    const { catalog, newId } = this.#services;
    const plan = await catalog.plans.get(planId);
    if (plan === undefined) throw new LifeboatError('NOT_FOUND', `there is no plan ${planId}`);
    const cluster = await catalog.clusters.byName(plan.cluster);
    invariant(cluster !== undefined, 'a plan names a cluster of the catalog');
    const set = plan.set as SetRow['id'];
    const restore = await unlessBusy(this.#services, cluster.id, async () => {
      if ((await catalog.sets.get(set)) === undefined) {
        throw new LifeboatError('PLAN_STALE', `the set of this plan, ${set}, was deleted`, {
          guidance: 'Make a plan of another set: lifeboat set list.',
        });
      }
      return catalog.restores.create({
        id: newId() as RestoreId,
        plan: planId,
        cluster: cluster.id,
        set,
        requestedBy,
      });
    });
    this.#drive(restore);
    return restore;
  }

  async rollBack(restore: RestoreRow): Promise<RestoreRow> {
    const next = nextRestoreState(restore.state, 'roll-back-requested');
    if (restore.steps.some(({ step }) => step === 'finalizing')) {
      throw new LifeboatError('CONFLICT', `restore ${restore.id} was finalized: the old data are deleted`, {
        guidance: 'An earlier set can be restored instead: lifeboat set list.',
      });
    }
    if (this.#running.has(restore.id) || next === undefined || next === restore.state) {
      throw new LifeboatError(
        'CONFLICT',
        `restore ${restore.id} is ${restore.state}: it cannot be rolled back now`,
        {
          guidance:
            'A completed restore can be rolled back until it is finalized; a running one goes back by itself on any failure.',
        },
      );
    }
    const moved = await this.#services.catalog.restores.update(restore.id, restore.state, next);
    if (!moved)
      throw new LifeboatError('CONFLICT', 'the restore changed its state in this very moment; look again');
    const moving = await this.#reload(restore.id);
    this.#drive(moving);
    return moving;
  }

  async finalize(restore: RestoreRow): Promise<RestoreRow> {
    if (restore.state !== 'completed') {
      throw new LifeboatError(
        'CONFLICT',
        `restore ${restore.id} is ${restore.state}: only a completed one is finalized`,
      );
    }
    // From here on some old data may be gone, whether or not all of it goes at once.
    await this.#services.catalog.restores.step(restore.id, 'finalizing');
    await finalizeRestore(await openRestoreRun(this.#services, restore));
    await this.#services.catalog.restores.step(restore.id, 'finalized');
    return this.#reload(restore.id);
  }

  /** R6: what may be decided is driven on; what is not is aborted. */
  async resume(): Promise<void> {
    const { catalog, log } = this.#services;
    for (const restore of await catalog.restores.unfinished()) {
      if (restore.state === 'needs-operator') continue;
      log.warn(
        { restore: restore.id, state: restore.state },
        'restore was interrupted by a stop of the server',
      );
      const goesOn = isDecided(restore.state) || restore.decision !== null || restore.state === 'aborting';
      const aborting = goesOn ? undefined : nextRestoreState(restore.state, 'trouble');
      if (aborting !== undefined) await catalog.restores.update(restore.id, restore.state, aborting);
      this.#drive(await this.#reload(restore.id), true);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#running.values());
  }

  #drive(restore: RestoreRow, waitForAgents = false): void {
    const { log } = this.#services;
    const ended = (waitForAgents ? this.#agentsOf(restore) : Promise.resolve())
      .then(() => runRestore(this.#services, restore, this.#stopping.signal))
      .then((state) => log.info({ restore: restore.id, state }, 'restore came to rest'))
      .catch((error: unknown) =>
        log.error({ restore: restore.id, error: messageOf(error) }, 'restore could not be driven'),
      )
      .finally(() => this.#running.delete(restore.id));
    this.#running.set(restore.id, ended);
  }

  async #agentsOf(restore: RestoreRow): Promise<void> {
    const { catalog, effects } = this.#services;
    const names = new Set(nodesOf(restore.plan));
    for (let attempt = 0; attempt < RESUME_ATTEMPTS && !this.#stopping.signal.aborted; attempt += 1) {
      const rows = await catalog.nodes.list(restore.cluster);
      if (rows.filter((row) => names.has(row.name)).every((row) => effects.agents.isOnline(row.id))) return;
      await new Promise((resolve) => setTimeout(resolve, RESUME_DELAY_MILLIS));
    }
  }

  async #reload(id: RestoreId): Promise<RestoreRow> {
    const row = await this.#services.catalog.restores.get(id);
    invariant(row !== undefined, 'a restore does not disappear');
    return row;
  }
}

/** Names of the nodes that a restore needs: those with a tree, and the one whose agent loads the database. */
function nodesOf(plan: RestorePlan): string[] {
  const nodes = plan.slices.map((slice) => slice.node);
  return plan.database === null ? nodes : [...nodes, plan.database.runOn];
}
