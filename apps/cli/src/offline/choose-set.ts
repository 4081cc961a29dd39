import { LifeboatError } from '@lifeboat/kernel';
import type { StoredSet } from '@lifeboat/vault/offline';

/** The set with that id, or whose id begins so; unless one is named, the one that was sealed last. NOT_FOUND, USAGE. */
export function chooseSet(sets: readonly StoredSet[], wanted: string | undefined): StoredSet {
  const guidance = 'Run "lifeboat vault list" with the same --vault and key.';
  if (wanted === undefined) {
    const last = sets.toSorted((a, b) => (a.document.sealedAt < b.document.sealedAt ? -1 : 1)).at(-1);
    if (last !== undefined) return last;
    throw new LifeboatError('NOT_FOUND', 'the vault holds no set that can be read', { guidance });
  }
  const [found, another] = sets.filter(({ document }) => document.set.startsWith(wanted));
  if (found === undefined)
    throw new LifeboatError('NOT_FOUND', `the vault holds no set ${wanted}`, { guidance });
  if (another !== undefined)
    throw new LifeboatError('USAGE', `several sets begin with ${wanted}`, { guidance });
  return found;
}
