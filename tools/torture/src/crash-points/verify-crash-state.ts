import { join } from 'node:path';
import { FileSystemBlobStore } from '@lifeboat/blob-store';
import type { Catalog } from '@lifeboat/catalog';
import type { KeyRing } from '@lifeboat/identity';
import { silentLog } from '@lifeboat/kernel';
import { OfflineVault } from '@lifeboat/vault/offline';
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
    for (const { id, raw } of promised(state.promises, 'acknowledged')) {
      if (!(await vault.readChunk(CLUSTER, id)).equals(raw))
        throw new WrongBytes('an acknowledged chunk has other bytes');
    }
    await verifySets(base, state, keyRing, vault);
    // The server goes on from here: what it has open is closed, and all of it is sound.
    await vault.closeOpenPacks(CLUSTER);
    const report = await vault.check({ readData: true });
    // Without a catalog nobody knows what was acknowledged: all that can be read is kept, also behind a hole.
    const findings = report.findings.filter(({ kind }) => !isReindexed || kind !== 'chunk-damaged');
    if (findings.length > 0)
      throw new Error(findings.map(({ kind, message }) => `${kind}: ${message}`).join('; '));
  } finally {
    await vault.close();
  }
}

/** Every committed set is there, no other than one that was being committed, and each gives back all of its bytes. */
async function verifySets(
  base: string,
  { promises }: CrashState,
  keyRing: KeyRing,
  vault: Awaited<ReturnType<typeof openVault>>,
): Promise<void> {
  const committed = new Set(promised(promises, 'set committed').map(({ set }) => set));
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
