import { captureDump, type WorkerPool } from '@lifeboat/capture/agent';
import { localUpload } from '@lifeboat/capture/server';
import type { ClusterRow } from '@lifeboat/catalog';
import type { DatabaseOperator, DatabasePin } from '@lifeboat/coordination';
import { openEngine, type Pin } from '@lifeboat/database';
import type { KeyRing } from '@lifeboat/identity';
import type { Clock, Log } from '@lifeboat/kernel';
import type { DatabaseDefinition } from '@lifeboat/model';
import type { Vault } from '@lifeboat/vault';

import { readCapturedStream } from './read-captured-stream.ts';

export interface LocalDatabaseOptions {
  readonly cluster: ClusterRow;
  readonly definition: DatabaseDefinition;
  readonly vault: Vault;
  readonly keyRing: KeyRing;
  readonly workers: WorkerPool;
  /** Password files and staged dumps lie here, mode 0700. */
  readonly tempDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A database whose client programs run on this server (`runOn: server`). */
export async function openLocalDatabase(options: LocalDatabaseOptions): Promise<DatabaseOperator> {
  const { cluster, definition, vault, log, clock, tempDir } = options;
  const engine = await openEngine(definition, { log, clock, tempDir });
  return {
    probe: () => engine.probe(),
    pin: async () => pinnedBy(await engine.pin(), options),
    exists: () => engine.exists(),
    load: async (dump, restore, expected) =>
      engine.load(await readCapturedStream(vault, cluster.id, dump), restore, expected),
    fence: () => engine.fence(),
    unfence: () => engine.unfence(),
    switchTo: (restore) => engine.switchTo(restore),
    switchBack: (restore) => engine.switchBack(restore),
    discardStaged: (restore) => engine.discardStaged(restore),
    finalize: (restore) => engine.finalize(restore),
    close: async () => undefined,
  };
}

function pinnedBy(pin: Pin, options: LocalDatabaseOptions): DatabasePin {
  const { cluster, vault, keyRing, workers, clock, log } = options;
  const { idKey, gearKey, publicKey } = keyRing.clusterKeys(cluster.id);
  const welcome = { vaultId: vault.id, clusterId: cluster.id, idKey, gearKey, sealPublicKey: publicKey };
  const upload = localUpload(vault, cluster.id, null, log);
  return {
    isSnapshot: pin.isSnapshot,
    openedAt: pin.openedAt,
    position: pin.position,
    documents: () => pin.documents(),
    workingCopies: () => pin.workingCopies(),
    dump: () => captureDump(pin.dump(), { welcome, upload, workers, clock, log }),
    release: () => pin.release(),
  };
}
