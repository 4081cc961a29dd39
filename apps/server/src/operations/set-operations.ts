import type { ClusterRow, SetRow } from '@lifeboat/catalog';
import { adoptCommitted, runBackupSet, type Services } from '@lifeboat/coordination';
import { LifeboatError, toErrorReport, type ClusterId, type SetId } from '@lifeboat/kernel';
import { isUnfinished } from '@lifeboat/model';
import { Semaphore } from '@lifeboat/runtime';

/** Starts, cancels and (after a crash) ends backup sets. One per cluster at a time. */
export class SetOperations {
  readonly #services: Services;
  readonly #running = new Map<SetId, { readonly abort: AbortController; readonly ended: Promise<void> }>();

  constructor(services: Services) {
    this.#services = services;
  }

  async start(cluster: ClusterRow, requestedBy: string): Promise<SetRow> {
    const { catalog, newId } = this.#services;
    const set = await unlessBusy(this.#services, cluster.id, () =>
      catalog.sets.create({ id: newId() as SetId, cluster: cluster.id, requestedBy }),
    );
    this.#run(cluster, set);
    return set;
  }

  /** The set undoes what it owes and ends as cancelled; nothing happens to one that has ended. */
  cancel(set: SetId): void {
    this.#running.get(set)?.abort.abort();
  }

  /** A set whose server died cannot go on (its snapshot died too): it is failed, owing nothing, unless it was committed. */
  async failInterrupted(): Promise<void> {
    const { catalog, log } = this.#services;
    for (const set of await catalog.sets.unfinished()) {
      log.warn({ set: set.id, state: set.state }, 'set was interrupted by a stop of the server');
      if (set.state === 'sealing' && (await adoptCommitted(this.#services, set))) continue;
      const failure = toErrorReport(interrupted(`the server stopped while the set was ${set.state}`));
      await catalog.sets.update(set.id, set.state, 'failed', { failure });
    }
  }

  /** Proves what was sealed but not read back when the server stopped. */
  async proveSealed(): Promise<void> {
    const { catalog, vault, clock } = this.#services;
    const unproved = (await catalog.sets.list()).filter((set) => set.state === 'sealed');
    if (unproved.length === 0) return;
    const { findings } = await vault.prove();
    if (findings.length > 0) return;
    for (const set of unproved)
      await catalog.sets.update(set.id, 'sealed', 'proved', { provedAt: clock.now() });
  }

  /** Ends what runs and waits until nothing is owed. */
  async stop(): Promise<void> {
    for (const { abort } of this.#running.values()) {
      abort.abort(interrupted('the server was stopped while the set was being taken'));
    }
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #run(cluster: ClusterRow, set: SetRow): void {
    const abort = new AbortController();
    const ended = runBackupSet(this.#services, cluster, set, abort.signal)
      .then((state) => this.#services.log.info({ set: set.id, state }, 'set came to rest'))
      .catch((error: unknown) => this.#failed(set, error))
      .finally(() => this.#running.delete(set.id));
    this.#running.set(set.id, { abort, ended });
  }

  async #failed(set: SetRow, error: unknown): Promise<void> {
    const { catalog, log } = this.#services;
    const failure = toErrorReport(error);
    log.error({ set: set.id, error: failure }, 'set could not be driven');
    const row = await catalog.sets.get(set.id);
    if (row === undefined || !isUnfinished(row.state)) return;
    if (failure.code === 'CANCELLED') await catalog.sets.update(set.id, row.state, 'cancelled');
    else await catalog.sets.update(set.id, row.state, 'failed', { failure });
  }
}

function interrupted(message: string): LifeboatError {
  return new LifeboatError('INTERRUPTED', message, {
    guidance: 'Start it again: what it had captured is in the vault and is not sent twice.',
  });
}

/** Requests are judged one after the other: of two at once, the second sees what the first has begun. */
export const requests = new Semaphore(1);

/** Begins an operation of a cluster: its sets and restores never run side by side. */
export function unlessBusy<T>(services: Services, cluster: ClusterId, begin: () => Promise<T>): Promise<T> {
  return requests.run(async () => {
    await refuseIfBusy(services, cluster);
    return begin();
  });
}

async function refuseIfBusy(services: Services, cluster: ClusterId): Promise<void> {
  const { catalog } = services;
  const set = (await catalog.sets.unfinished()).find((row) => row.cluster === cluster);
  if (set !== undefined) {
    throw new LifeboatError('SET_RUNNING', `set ${set.id} of this cluster is ${set.state}`, {
      guidance: 'Wait for it (lifeboat set show), or cancel it.',
    });
  }
  const restore = (await catalog.restores.unfinished()).find((row) => row.cluster === cluster);
  if (restore !== undefined) {
    throw new LifeboatError('RESTORE_RUNNING', `restore ${restore.id} of this cluster is ${restore.state}`, {
      guidance: 'Wait for it: lifeboat restore show tells how far it is.',
    });
  }
}
