import type { RetainedSetRow } from '@lifeboat/catalog';
import type { PolicyView } from '@lifeboat/console-api';
import type { Services } from '@lifeboat/coordination';
import { invariant, messageOf, toErrorReport, type ClusterId, type SetId } from '@lifeboat/kernel';
import { isLargeDrop, judgeRetention, type RetainableSet, type RetentionVerdict } from '@lifeboat/model';
import { Semaphore } from '@lifeboat/runtime';

import { deleteSet } from './delete-set.ts';

/** Who deletes, in the audit and in the record of a deletion. */
const PRINCIPAL = 'retention';

export interface RetentionGauges {
  /** When the newest consistent set was asked for; undefined: there is none. */
  lastGood(cluster: string, at: Date | undefined): void;
  /** Sets that were let go of and are not deleted yet, and whether a pass waits for a word. */
  dropped(cluster: string, waiting: number, held: boolean): void;
  deleted(cluster: string): void;
}

type RetainedSet = RetainableSet & Pick<RetainedSetRow, 'id' | 'drop'>;

/**
 * Carries retention policies out. A set that its policy lets go of is dropped first, which can be undone, and deleted
 * when servers have run for the delay since: by a clock that cannot be set.
 */
export class RetentionOperations {
  readonly delaySeconds: number;
  readonly #services: Services;
  readonly #gauges: RetentionGauges;
  readonly #turns = new Semaphore(1);
  /** By the monotonic clock, when a cluster was looked at. */
  readonly #looked = new Map<ClusterId, number>();
  readonly #problems = new Map<ClusterId, string>();

  constructor(services: Services, delaySeconds: number, gauges: RetentionGauges) {
    this.#services = services;
    this.delaySeconds = delaySeconds;
    this.#gauges = gauges;
  }

  /** Drops, spares and deletes what the policy asks for now. `allowLarge`: somebody has seen how much that is. */
  pass(cluster: ClusterId, { allowLarge }: { readonly allowLarge: boolean }): Promise<void> {
    return this.#turns.run(() => this.#pass(cluster, allowLarge));
  }

  /** Sealed sets as a policy judges them, newest first. */
  async sets(cluster: ClusterId): Promise<RetainedSet[]> {
    const { catalog } = this.#services;
    const needed = new Map((await catalog.restores.needingSets()).map(({ set, restore }) => [set, restore]));
    const rows = await catalog.retention.sets(cluster);
    return rows.map((row) => ({ ...row, usedBy: needed.get(row.id) ?? null }));
  }

  async view(cluster: ClusterId): Promise<Pick<PolicyView, 'delaySeconds' | 'dropped' | 'problem'>> {
    const dropped = (await this.#services.catalog.retention.sets(cluster)).flatMap(({ id, drop }) =>
      drop === null
        ? []
        : [
            {
              set: id,
              at: drop.at.toISOString(),
              reason: drop.reason,
              waitedSeconds: Math.floor(drop.waitedSeconds),
            },
          ],
    );
    return { delaySeconds: this.delaySeconds, dropped, problem: this.#problems.get(cluster) ?? null };
  }

  async #pass(id: ClusterId, allowLarge: boolean): Promise<void> {
    const { catalog, clock } = this.#services;
    const cluster = await catalog.clusters.byId(id);
    invariant(cluster !== undefined, 'a cluster does not disappear');
    const sets = await this.sets(id);
    const { retention: policy } = cluster.definition;
    const verdicts = policy === undefined ? [] : judgeRetention(policy, sets, clock.now());
    const gone = new Map(verdicts.flatMap((of) => (of.keep ? [] : [[of.set as SetId, of]])));
    const dropped = sets.filter(({ drop }) => drop !== null);
    await catalog.retention.spare(dropped.flatMap((set) => (gone.has(set.id) ? [] : [set.id])));
    const fresh = sets.filter((set) => set.drop === null && gone.has(set.id));
    const held = !allowLarge && isLargeDrop(fresh.length, sets.length);
    this.#hold(id, held ? fresh.length : 0);
    if (!held) for (const set of fresh) await this.#drop(id, set.id, gone.get(set.id)!);
    const waiting = dropped.filter((set) => gone.has(set.id));
    const left = waiting.length - (await this.#wait(id, waiting));

    const good = sets.find(({ guarantee }) => guarantee !== 'incomplete');
    this.#gauges.lastGood(cluster.name, good?.at);
    this.#gauges.dropped(cluster.name, left + (held ? 0 : fresh.length), held);
    this.#deletedIn(cluster.name, waiting.length - left);
  }

  async #drop(cluster: ClusterId, set: SetId, { reasons }: RetentionVerdict): Promise<void> {
    const { catalog, clock, log } = this.#services;
    const reason = reasons.map(({ rule, text }) => `${rule}: ${text}`).join('; ');
    await catalog.retention.drop(set, clock.now(), reason);
    log.info({ set, reason }, 'policy lets go of a set');
    const detail = { reason };
    await catalog.audit.append({
      principal: PRINCIPAL,
      action: 'dropSet',
      cluster,
      subject: set,
      outcome: 'done',
      detail,
    });
  }

  /** Counts the time that the server has run, and deletes what has waited long enough. How many. */
  async #wait(cluster: ClusterId, waiting: readonly RetainedSet[]): Promise<number> {
    const { catalog, clock } = this.#services;
    const now = clock.monotonic();
    const seconds = (now - (this.#looked.get(cluster) ?? now)) / 1000;
    this.#looked.set(cluster, now);
    const ids = waiting.map(({ id }) => id);
    await catalog.retention.waited(ids, seconds);
    let deleted = 0;
    for (const { id, drop } of waiting) {
      if (
        drop!.waitedSeconds + seconds >= this.delaySeconds &&
        (await this.#delete(cluster, id, drop!.reason))
      )
        deleted += 1;
    }
    return deleted;
  }

  /** Not when something speaks against it by now: the next pass looks again. */
  async #delete(cluster: ClusterId, set: SetId, reason: string): Promise<boolean> {
    const { catalog, log } = this.#services;
    try {
      await deleteSet(this.#services, set, { by: PRINCIPAL, reason, force: false });
    } catch (error) {
      log.warn({ set, error: toErrorReport(error) }, 'policy could not delete a set');
      this.#problems.set(cluster, messageOf(error));
      return false;
    }
    const detail = { reason };
    await catalog.audit.append({
      principal: PRINCIPAL,
      action: 'deleteSet',
      cluster,
      subject: set,
      outcome: 'done',
      detail,
    });
    return true;
  }

  #deletedIn(cluster: string, count: number): void {
    for (let n = 0; n < count; n += 1) this.#gauges.deleted(cluster);
  }

  /** Said once, not at each look. */
  #hold(cluster: ClusterId, sets: number): void {
    const problem = `the policy would let go of ${sets} sets at once: look at "lifeboat policy simulate", then say it again with "lifeboat policy set --yes"`;
    if (sets === 0) this.#problems.delete(cluster);
    else if (this.#problems.get(cluster) !== problem) {
      this.#services.log.warn({ cluster, sets }, 'policy is held back: it would let go of many sets at once');
      this.#problems.set(cluster, problem);
    }
  }
}
