import { LifeboatError } from '@lifeboat/kernel';
import type { BackupSetState } from './backup-set/backup-set-state.ts';
import type { Guarantee } from './statement.ts';

/**
 * That a sealed set was deleted, as written into the vault before anything of the set goes. It takes the document's
 * place in the cluster's chain, so that the chain still verifies, and a reindex does not bring the set back.
 */
export interface SetDeletion {
  readonly version: 1;
  readonly set: string;
  readonly cluster: { readonly id: string; readonly name: string };
  readonly sequence: number;
  /** SHA-256 (hex) of the deleted document's bytes: what the next set names as its previous. */
  readonly hash: string;
  /** What the deleted document named as its previous. */
  readonly previous: string | null;
  readonly requestedAt: string;
  readonly requestedBy: string;
  readonly sealedAt: string;
  readonly guarantee: Guarantee;
  readonly deletedAt: string;
  readonly deletedBy: string;
  readonly reason: string | null;
}

/** A set as the decision about its deletion sees it. */
export interface DeletableSet {
  readonly id: string;
  readonly state: BackupSetState;
  /** Null until it is sealed. */
  readonly sequence: number | null;
  readonly guarantee: Guarantee | null;
}

/** What needs a set at the moment. */
export interface SetUse {
  /** A restore that has not come to rest. */
  readonly restore?: string | undefined;
  /** A completed restore that can be rolled back. */
  readonly unfinalized?: string | undefined;
  /** The reason of its pin. */
  readonly pinned?: string | undefined;
}

/**
 * Why this set must not be deleted; undefined: it may. `others` are the sets of its cluster, itself among them or not;
 * `force` lifts the guard of the set that one would restore, and nothing else.
 */
export function deletionRefusal(
  set: DeletableSet,
  others: readonly DeletableSet[],
  usedBy: SetUse,
  force: boolean,
): LifeboatError | undefined {
  if (set.sequence === null) {
    return new LifeboatError('CONFLICT', `set ${set.id} is ${set.state}: only a sealed set can be deleted`, {
      guidance:
        'A running set is stopped with "lifeboat set cancel"; one that was never sealed holds nothing.',
    });
  }
  if (usedBy.restore !== undefined) {
    return new LifeboatError('RESTORE_RUNNING', `restore ${usedBy.restore} is using set ${set.id}`, {
      guidance: 'Wait until it has come to rest: lifeboat restore show tells how far it is.',
    });
  }
  if (usedBy.unfinalized !== undefined) {
    return new LifeboatError(
      'CONFLICT',
      `rolling restore ${usedBy.unfinalized} back may need what set ${set.id} holds`,
      { guidance: 'Finalize that restore first (lifeboat restore finalize), or roll it back.' },
    );
  }
  if (usedBy.pinned !== undefined) {
    return new LifeboatError('CONFLICT', `set ${set.id} is pinned: ${usedBy.pinned}`, {
      guidance: 'Take the pin away first: lifeboat set unpin.',
    });
  }
  if (force || !guardedSets([...others, set]).has(set.id)) return undefined;
  return new LifeboatError(
    'CONFLICT',
    `set ${set.id} is the newest that a restore of its cluster would use`,
    {
      guidance: 'Take a newer set first. With --force it is deleted all the same.',
    },
  );
}

/**
 * The newest consistent set, and, until that one is proved, the newest consistent set that is; where none is
 * consistent, the newest.
 */
export function guardedSets(sets: readonly DeletableSet[]): ReadonlySet<string> {
  const newest = (among: readonly DeletableSet[]): string[] => {
    const [first] = among.toSorted((a, b) => (b.sequence ?? 0) - (a.sequence ?? 0));
    return first === undefined ? [] : [first.id];
  };
  const sealed = sets.filter(({ sequence }) => sequence !== null);
  const consistent = sealed.filter(({ guarantee }) => guarantee !== 'incomplete');
  if (consistent.length === 0) return new Set(newest(sealed));
  return new Set([...newest(consistent), ...newest(consistent.filter(({ state }) => state === 'proved'))]);
}
