import type { ClusterRow, SetRow } from '@lifeboat/catalog';
import { runBackupSet, type Services } from '@lifeboat/coordination';
import { LifeboatError, messageOf, type ClusterId, type SetId } from '@lifeboat/kernel';

/** Starts, cancels and (after a crash) ends backup sets. One per cluster at a time. */
export class SetOperations {
  readonly #services: Services;
  readonly #running = new Map<SetId, { readonly abort: AbortController; readonly ended: Promise<void> }>();

  constructor(services: Services) {
    this.#services = services;
  }

  async start(cluster: ClusterRow, requestedBy: string): Promise<SetRow> {
    const { catalog, newId } = this.#services;
    await refuseIfBusy(this.#services, cluster.id);
    const set = await catalog.sets.create({ id: newId() as SetId, cluster: cluster.id, requestedBy });
    this.#run(cluster, set);
    return set;
  }

  /** The set undoes what it owes and ends as cancelled; nothing happens to one that has ended. */
  cancel(set: SetId): void {
    this.#running.get(set)?.abort.abort();
  }

  /** A set whose server died cannot go on (its snapshot died too): it is failed, owing nothing. */
  async failInterrupted(): Promise<void> {
    const { catalog, log } = this.#services;
    for (const set of await catalog.sets.unfinished()) {
      log.warn({ set: set.id, state: set.state }, 'set was interrupted by a stop of the server');
      const failure = {
        code: 'INTERNAL',
        message: `the server stopped while the set was ${set.state}`,
        guidance: 'Start it again: what it had captured is in the vault and is not sent twice.',
      } as const;
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

  /** Cancels what runs and waits until nothing is owed. */
  async stop(): Promise<void> {
    for (const { abort } of this.#running.values()) abort.abort();
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
    log.error({ set: set.id, error: messageOf(error) }, 'set could not be driven');
    const row = await catalog.sets.get(set.id);
    if (row === undefined || ['sealed', 'proved', 'failed', 'cancelled'].includes(row.state)) return;
    const failure = { code: 'INTERNAL', message: messageOf(error) } as const;
    await catalog.sets.update(set.id, row.state, 'failed', { failure });
  }
}

/** Sets and restores of one cluster never run side by side. */
export async function refuseIfBusy(services: Services, cluster: ClusterId): Promise<void> {
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
