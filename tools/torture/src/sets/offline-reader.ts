import type { ClusterId } from '@lifeboat/kernel';
import type { OfflineVault } from '@lifeboat/vault/offline';
import type { SetReader } from './restore-set.ts';

/** Reads sets of one cluster without a server. */
export async function offlineReader(
  vault: OfflineVault,
  cluster: ClusterId,
): Promise<SetReader & AsyncDisposable> {
  const opened = await vault.cluster(cluster);
  return {
    manifest: (_, root) => opened.manifest(root),
    readChunks: (_, ids, onChunk) => opened.readChunks(ids, onChunk),
    [Symbol.asyncDispose]: async () => opened.close(),
  };
}
