import type { ManifestEntry } from '@lifeboat/vault-format';
import type { SafeDirectory } from '../safe-directory.ts';
import { Accounts } from '../stage-accounts.ts';
import { Pace } from '../stage-pace.ts';
import { lookAt, type LiveStatus } from './keep-rule.ts';
import { KeptCursor } from './kept-cursor.ts';
import { readKeptList } from './kept-list.ts';

/** What is kept, and what a plan that merges it with a live tree needs to judge it. */
export interface KeptView {
  readonly kept: KeptCursor;
  readonly isUntouched: (stat: LiveStatus, entry: ManifestEntry) => boolean;
  /** Link groups that cannot be kept as a whole. */
  readonly brokenGroups: ReadonlySet<bigint>;
  readonly pace: Pace;
}

/** They were judged when they were listed: any other ctime than that one is a change. */
const ALL_TRUSTED = 2n ** 63n;

/** Plans beside what the stage folder lists, again where link groups turn out to be kept in part only. */
export async function besideKept<T extends { readonly brokenGroups: readonly bigint[] }>(
  stage: SafeDirectory,
  keeps: boolean,
  plan: (view: KeptView) => Promise<T>,
): Promise<T> {
  const accounts = new Accounts();
  const isUntouched = (stat: LiveStatus, entry: ManifestEntry): boolean =>
    lookAt(stat, entry, accounts.owner(entry), ALL_TRUSTED) === 'untouched';
  const brokenGroups = new Set<bigint>();
  for (;;) {
    const kept = new KeptCursor(keeps ? readKeptList(stage) : [].values());
    try {
      const planned = await plan({ kept, isUntouched, brokenGroups, pace: new Pace() });
      if (planned.brokenGroups.length === 0) return planned;
      for (const group of planned.brokenGroups) brokenGroups.add(group);
    } finally {
      kept.close();
    }
  }
}
