import { ChunkStore, PackStore, PruneSession, SetStore } from '@lifeboat/catalog';
import type { SeededRandom } from '@lifeboat/testkit';
import type { Faults } from '@lifeboat/vault/testing';

type Break = (faults: Faults, when: 'before' | 'after') => void;

/** Every write of a prune, and some of its reads: where it may be killed. */
const PLACES: readonly Break[] = [
  (faults, when) => faults.breakStore('delete', when),
  (faults, when) => faults.breakStore('put', when),
  ...(
    [
      'begin',
      'mark',
      'sweep',
      'swept',
      'weigh',
      'needed',
      'removePack',
      'noteOrphan',
      'forgetOrphan',
    ] as const
  ).map(
    (method): Break =>
      (faults, when) =>
        faults.breakMethod(PruneSession.prototype, method, when),
  ),
  (faults, when) => faults.breakMethod(ChunkStore.prototype, 'insert', when),
  (faults, when) => faults.breakMethod(PackStore.prototype, 'close', when),
  (faults, when) => faults.breakMethod(PackStore.prototype, 'prove', when),
  (faults, when) => faults.breakMethod(SetStore.prototype, 'documentNames', when),
];

/** Has the next prune die at one of its steps, should it get there: before the step does anything, or when it is done. */
export function killPruneSomewhere(faults: Faults, random: SeededRandom): void {
  random.pick(PLACES)(faults, random.pick(['before', 'after'] as const));
}
