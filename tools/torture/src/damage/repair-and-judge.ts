import type { BlobStore } from '@lifeboat/blob-store';
import { systemCodeOf } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import type { RepairReport, Vault } from '@lifeboat/vault';
import type { KnownSet } from '../sets/known-set.ts';
import { restoreSet } from '../sets/restore-set.ts';

/** A committed set, and what it named before the damage. */
export interface SetAtRisk extends KnownSet {
  readonly document: SetDocument;
  /** Something of it lay where the damage is, and perhaps nowhere else. */
  readonly mayBeHit: boolean;
}

/** What lay under a name when it was damaged. */
export interface Remains {
  readonly blob: string;
  readonly bytes: Buffer;
}

/** One that goes on whatever is wrong, and reads every byte. */
export function repair(vault: Vault): Promise<RepairReport> {
  const { signal } = new AbortController();
  return vault.repair({ dryRun: false, readData: true, allowLarge: true, signal });
}

/**
 * Repairs, and repairs again. Sets that were not hit are whole; exactly those that are not are named, by the repair and by a check;
 * the damaged bytes are in the quarantine, each once; the second repair finds nothing to do, and names the same sets. The sets
 * that are not whole: their names.
 */
export async function repairAndJudge(
  vault: Vault,
  store: BlobStore,
  sets: readonly SetAtRisk[],
  remains: readonly Remains[],
): Promise<ReadonlySet<string>> {
  const first = await repair(vault);
  const broken = new Set<string>();
  for (const each of sets) if (!(await isWhole(vault, each))) broken.add(each.name);
  await assertNamed(vault, first, sets, broken);
  await assertQuarantined(store, remains);
  const again = await repair(vault);
  if (again.items.length + again.quarantined.length > 0)
    throw new Error(`a second repair still finds ${JSON.stringify(again.items)}`);
  await assertNamed(vault, again, sets, broken);
  await assertQuarantined(store, remains);
  return broken;
}

/** Of one that may be hit: that it cannot be read is known, and nothing is read wrongly. */
async function isWhole(vault: Vault, { document, mayBeHit, ...known }: SetAtRisk): Promise<boolean> {
  try {
    await restoreSet(vault, document, known);
    return true;
  } catch (thrown) {
    if (!mayBeHit || systemCodeOf(thrown) !== 'CHUNK_MISSING') throw thrown;
    return false;
  }
}

async function assertNamed(
  vault: Vault,
  report: RepairReport,
  sets: readonly SetAtRisk[],
  broken: ReadonlySet<string>,
): Promise<void> {
  const hit = new Set(report.sets.filter(({ state }) => state === 'hit').map(({ set }) => set));
  const { findings } = await vault.check({ readData: true });
  const blamed = new Set(
    findings.filter(({ kind }) => kind === 'closure-broken').map(({ subject }) => subject),
  );
  for (const { name, document } of sets) {
    const is = broken.has(name) ? 'not whole' : 'whole';
    if (hit.has(document.set) !== broken.has(name)) throw new Error(`${name} is ${is}, says not the repair`);
    if (blamed.has(name) !== broken.has(name)) throw new Error(`${name} is ${is}, says not the check`);
  }
}

async function assertQuarantined(store: BlobStore, remains: readonly Remains[]): Promise<void> {
  for (const { blob, bytes } of remains) {
    const copies = await copiesOf(store, `quarantine/${blob}`, bytes);
    if (copies !== 1) throw new Error(`the quarantine holds what was left of ${blob} ${copies} times`);
  }
}

/** How many blobs whose names begin so have these bytes. */
export async function copiesOf(store: BlobStore, prefix: string, bytes: Buffer): Promise<number> {
  let copies = 0;
  for await (const { name } of store.list(prefix)) if ((await store.get(name)).equals(bytes)) copies += 1;
  return copies;
}
