import { join } from 'node:path';
import { FileSystemBlobStore } from '@lifeboat/blob-store';
import type { Catalog } from '@lifeboat/catalog';
import type { KeyRing } from '@lifeboat/identity';
import { silentLog, systemCodeOf } from '@lifeboat/kernel';
import type { Vault } from '@lifeboat/vault';
import { OfflineVault } from '@lifeboat/vault/offline';
import { prune, pruneAll } from '../sets/delete-and-prune.ts';
import { offlineReader } from '../sets/offline-reader.ts';
import { restoreSet, WrongBytes } from '../sets/restore-set.ts';
import type { CrashState } from './crash-state.ts';
import { CLUSTER, openVault } from './record-session.ts';
import type { VaultPromise } from './trace.ts';

/** Opens what a crash left, and holds it to every promise that was made before. Throws when one is broken. */
export async function verifyCrashState(
  base: string,
  state: CrashState,
  catalog: Catalog,
  keyRing: KeyRing,
  isReindexed: boolean,
): Promise<void> {
  const vault = await openVault(base, catalog, keyRing);
  try {
    if (isReindexed) await vault.reindex();
    await verifyChunks(vault, state.promises);
    await verifySets(base, state, keyRing, vault);
    // The server goes on from here: what it has open is closed, and all of it is sound.
    await vault.closeOpenPacks(CLUSTER);
    const isPruned = promised(state.promises, 'prune begun').length > 0;
    await verifyFindings(vault, (kind) => isAllowed(kind, { isReindexed, isPruned }));
    await pruneAll(vault);
    await verifySets(base, state, keyRing, vault);
    await verifyFindings(vault, (kind) => isAllowed(kind, { isReindexed, isPruned: false }));
    await verifyNothingIsLeft(vault);
  } finally {
    await vault.close();
  }
}

/** What was acknowledged since the last prune began is there; what is older and in no set is there as it was, or gone. */
async function verifyChunks(vault: Vault, promises: readonly VaultPromise[]): Promise<void> {
  const begun = promises.findLastIndex(({ kind }) => kind === 'prune begun');
  for (const [index, promise] of promises.entries()) {
    if (promise.kind !== 'acknowledged') continue;
    const read = await vault.readChunk(CLUSTER, promise.id).catch((thrown: unknown) => {
      if (index > begun || systemCodeOf(thrown) !== 'CHUNK_MISSING') throw thrown;
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
  { isReindexed, isPruned }: { isReindexed: boolean; isPruned: boolean },
): boolean {
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
 * back all of its bytes.
 */
async function verifySets(
  base: string,
  { promises }: CrashState,
  keyRing: KeyRing,
  vault: Vault,
): Promise<void> {
  const committed = new Set(promised(promises, 'set committed').map(({ set }) => set));
  for (const { set } of promised(promises, 'deletion begun')) committed.delete(set);
  const deleted = new Set(promised(promises, 'deletion ended').map(({ set }) => set));
  const begun = new Map(promised(promises, 'set begun').map((each) => [each.set, each]));
  const offline = await OfflineVault.open(
    await FileSystemBlobStore.open(join(base, 'vault')),
    keyRing,
    silentLog,
  );
  const { sets, findings } = await offline.sets();
  if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('; '));
  await using alone = await offlineReader(offline, CLUSTER);
  for (const { name, document } of sets) {
    const known = begun.get(document.set);
    if (known === undefined) throw new Error(`a set that nobody committed: ${name}`);
    if (deleted.has(document.set)) throw new Error(`a set that was deleted: ${name}`);
    // From the store alone, and through the catalog.
    for (const reader of [alone, vault]) await restoreSet(reader, document, { name, files: known.files });
    committed.delete(document.set);
  }
  if (committed.size > 0) throw new Error(`committed sets are gone: ${[...committed].join(', ')}`);
}

function promised<K extends VaultPromise['kind']>(
  promises: readonly VaultPromise[],
  kind: K,
): Extract<VaultPromise, { kind: K }>[] {
  return promises.filter((each): each is Extract<VaultPromise, { kind: K }> => each.kind === kind);
}
