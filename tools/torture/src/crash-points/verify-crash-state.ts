import { join } from 'node:path';
import { FileSystemBlobStore } from '@lifeboat/blob-store';
import type { Catalog } from '@lifeboat/catalog';
import type { KeyRing } from '@lifeboat/identity';
import { silentLog, systemCodeOf } from '@lifeboat/kernel';
import type { Vault } from '@lifeboat/vault';
import { OfflineVault } from '@lifeboat/vault/offline';
import { copiesOf, repairAndJudge } from '../damage/repair-and-judge.ts';
import { deletionOf, prune, pruneAll } from '../sets/delete-and-prune.ts';
import { offlineReader } from '../sets/offline-reader.ts';
import { restoreSet, WrongBytes } from '../sets/restore-set.ts';
import type { CrashState } from './crash-state.ts';
import { CLUSTER, openVault, replicaOf } from './record-session.ts';
import type { VaultPromise } from './trace.ts';

/** Opens what a crash left, and holds it to every promise that was made before. Throws when one is broken. */
export async function verifyCrashState(
  base: string,
  state: CrashState,
  catalog: Catalog,
  keyRing: KeyRing,
  isReindexed: boolean,
): Promise<void> {
  const { promises } = state;
  const hasReplica = promised(promises, 'replica begun').length > 0;
  if (hasReplica) await verifyReplica(base, keyRing);
  const vault = await openVault(base, catalog, keyRing, hasReplica ? await replicaOf(base) : undefined);
  try {
    if (isReindexed) await vault.reindex();
    const broken = await repairWhatWasDamaged(base, promises, keyRing, vault);
    await verifyChunks(vault, promises, isReindexed);
    await verifySets(base, promises, keyRing, vault, broken);
    // The server goes on from here: what it has open is closed, and all of it is sound.
    await vault.closeOpenPacks(CLUSTER);
    const isPruned = promised(promises, 'prune begun').length > 0;
    await verifyFindings(vault, (kind) =>
      isAllowed(kind, { isReindexed, isPruned, isBroken: broken.size > 0 }),
    );
    // Which keep a prune from knowing what they need.
    const gone = await deleteSets(base, keyRing, vault, broken);
    await pruneAll(vault);
    await verifySets(base, [...promises, ...gone], keyRing, vault);
    await verifyFindings(vault, (kind) => isAllowed(kind, { isReindexed, isPruned: false, isBroken: false }));
    await verifyNothingIsLeft(vault);
  } finally {
    await vault.close();
  }
}

/** At any moment it is a vault, and each set in it has all that it names. */
async function verifyReplica(base: string, keyRing: KeyRing): Promise<void> {
  const { store } = await replicaOf(base);
  if ((await store.size('vault.json')) === undefined) return;
  const offline = await OfflineVault.open(store, keyRing, silentLog);
  const { findings } = await offline.check({ readData: true });
  if (findings.length > 0)
    throw new Error(`the replica: ${findings.map(({ message }) => message).join('; ')}`);
}

/**
 * As far as nobody has done it before the crash. What was damaged is still there before, in its place or in the quarantine. Names of
 * the sets that are not whole.
 */
async function repairWhatWasDamaged(
  base: string,
  promises: readonly VaultPromise[],
  keyRing: KeyRing,
  vault: Vault,
): Promise<ReadonlySet<string>> {
  if (promised(promises, 'damage begun').length === 0) return new Set();
  const store = await vaultStore(base);
  const remains = promised(promises, 'remains');
  for (const { blob, bytes } of remains) {
    const copies =
      (await copiesOf(store, blob, bytes)) + (await copiesOf(store, `quarantine/${blob}`, bytes));
    if (copies === 0) throw new Error(`what was left of ${blob} is nowhere any more`);
  }
  await vault.closeOpenPacks(CLUSTER);
  const begun = new Map(promised(promises, 'set begun').map((each) => [each.set, each]));
  const { sets } = await (await openOffline(base, keyRing)).sets();
  const atRisk = sets.flatMap(({ name, document }) => {
    const known = begun.get(document.set);
    return known ? [{ name, document, files: known.files, mayBeHit: mayBeHit(promises, known) }] : [];
  });
  return repairAndJudge(vault, store, atRisk, remains);
}

/** Something of it was damaged since it was known to be whole. */
function mayBeHit(
  promises: readonly VaultPromise[],
  { set, names }: { readonly set: string; readonly names: ReadonlySet<string> },
): boolean {
  const whole = promises.findLastIndex((each) => each.kind === 'set whole again' && each.set === set);
  return promises
    .slice(whole + 1)
    .some((each) => each.kind === 'damage begun' && [...each.lost].some((id) => names.has(id)));
}

/** Promises that they are gone. */
async function deleteSets(
  base: string,
  keyRing: KeyRing,
  vault: Vault,
  names: ReadonlySet<string>,
): Promise<VaultPromise[]> {
  const { sets } = await (await openOffline(base, keyRing)).sets();
  const gone = sets.filter(({ name }) => names.has(name));
  for (const { document, hash } of gone) await vault.deleteSet(deletionOf(document, hash));
  return gone.flatMap(({ document: { set } }) => [
    { kind: 'deletion begun', set },
    { kind: 'deletion ended', set },
  ]);
}

/**
 * What was acknowledged since the last prune began is there, unless it was damaged; what is older and in no set is there as it was, or gone.
 * Of a damaged pack that only the catalog knew to be one, nothing comes back but what sets lack.
 */
async function verifyChunks(
  vault: Vault,
  promises: readonly VaultPromise[],
  isReindexed: boolean,
): Promise<void> {
  const begun = promises.findLastIndex(({ kind }) => kind === 'prune begun');
  for (const [index, promise] of promises.entries()) {
    if (promise.kind !== 'acknowledged') continue;
    const id = promise.id.toString('hex');
    const mayBeLost = promises
      .slice(index)
      .some((each) => each.kind === 'damage begun' && (isReindexed ? each.held : each.lost).has(id));
    const read = await vault.readChunk(CLUSTER, promise.id).catch((thrown: unknown) => {
      if ((index > begun && !mayBeLost) || systemCodeOf(thrown) !== 'CHUNK_MISSING') throw thrown;
      return undefined;
    });
    if (read?.equals(promise.raw) === false) throw new WrongBytes('an acknowledged chunk has other bytes');
  }
}

/**
 * Without a catalog nobody knows what was acknowledged: all that can be read is kept, also behind a hole. And a prune that was
 * cut short may leave a pack that no row tells of.
 */
function isAllowed(
  kind: string,
  { isReindexed, isPruned, isBroken }: { isReindexed: boolean; isPruned: boolean; isBroken: boolean },
): boolean {
  if (kind === 'closure-broken') return isBroken;
  return (kind === 'chunk-damaged' && isReindexed) || (kind === 'pack-unknown' && isPruned);
}

async function verifyFindings(vault: Vault, isExpected: (kind: string) => boolean): Promise<void> {
  const { findings } = await vault.check({ readData: true });
  const unexpected = findings.filter(({ kind }) => !isExpected(kind));
  if (unexpected.length > 0)
    throw new Error(unexpected.map(({ kind, message }) => `${kind}: ${message}`).join('; '));
}

/** Space comes back in the end: nothing is dead, and nothing waits for it. */
async function verifyNothingIsLeft(vault: Vault): Promise<void> {
  const { chunks, bytes } = await prune(vault, { dryRun: true });
  if (chunks.tombstoned + chunks.missing + bytes.dead + bytes.waiting > 0)
    throw new Error(`prunes left ${JSON.stringify({ chunks, bytes })}`);
}

/**
 * Every committed set is there that nobody began to delete, no other than one that was being committed or deleted, and each gives
 * back all of its bytes, but for the `broken` ones, named as such.
 */
async function verifySets(
  base: string,
  promises: readonly VaultPromise[],
  keyRing: KeyRing,
  vault: Vault,
  broken: ReadonlySet<string> = new Set(),
): Promise<void> {
  const committed = new Set(promised(promises, 'set committed').map(({ set }) => set));
  for (const { set } of promised(promises, 'deletion begun')) committed.delete(set);
  const deleted = new Set(promised(promises, 'deletion ended').map(({ set }) => set));
  const begun = new Map(promised(promises, 'set begun').map((each) => [each.set, each]));
  const offline = await openOffline(base, keyRing);
  const { sets, findings } = await offline.sets();
  if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('; '));
  await using alone = await offlineReader(offline, CLUSTER);
  for (const { name, document } of sets) {
    const known = begun.get(document.set);
    if (known === undefined) throw new Error(`a set that nobody committed: ${name}`);
    if (deleted.has(document.set)) throw new Error(`a set that was deleted: ${name}`);
    committed.delete(document.set);
    if (broken.has(name)) continue;
    // From the store alone, and through the catalog.
    for (const reader of [alone, vault]) await restoreSet(reader, document, { name, files: known.files });
  }
  if (committed.size > 0) throw new Error(`committed sets are gone: ${[...committed].join(', ')}`);
}

async function vaultStore(base: string): Promise<FileSystemBlobStore> {
  return FileSystemBlobStore.open(join(base, 'vault'));
}

async function openOffline(base: string, keyRing: KeyRing): Promise<OfflineVault> {
  return OfflineVault.open(await vaultStore(base), keyRing, silentLog);
}

function promised<K extends VaultPromise['kind']>(
  promises: readonly VaultPromise[],
  kind: K,
): Extract<VaultPromise, { kind: K }>[] {
  return promises.filter((each): each is Extract<VaultPromise, { kind: K }> => each.kind === kind);
}
