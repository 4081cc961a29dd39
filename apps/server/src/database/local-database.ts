import { readFile } from 'node:fs/promises';
import { captureStream, type WorkerPool } from '@lifeboat/capture/agent';
import { localUpload } from '@lifeboat/capture/server';
import type { ClusterRow } from '@lifeboat/catalog';
import type { DatabaseDump, DatabaseOperator, DatabasePin } from '@lifeboat/coordination';
import { databaseEngine, parseTarget, type DatabaseEngine, type Pin } from '@lifeboat/database';
import type { KeyRing } from '@lifeboat/identity';
import { LifeboatError, messageOf, type Clock, type Log } from '@lifeboat/kernel';
import type { DatabaseDefinition } from '@lifeboat/model';
import type { Vault } from '@lifeboat/vault';

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

/** Name of the one file in the capture that is a dump. */
const DUMP_FILE = 'database.dump';

/** A database whose client programs run on this server (`runOn: server`). */
export async function openLocalDatabase(options: LocalDatabaseOptions): Promise<DatabaseOperator> {
  const { definition, log, clock, tempDir } = options;
  const target = parseTarget(definition, await readPassword(definition));
  const engine = databaseEngine(target, { log, clock, tempDir });
  return {
    probe: () => engine.probe(),
    pin: async () => pinnedBy(await engine.pin(), options),
    exists: () => engine.exists(),
    load: (dump, restore, expected) => engine.load(dump, restore, expected),
    fence: () => fenceIfThere(engine),
    unfence: () => engine.unfence(),
    switchTo: (restore) => engine.switchTo(restore),
    switchBack: (restore) => engine.switchBack(restore),
    discardStaged: (restore) => engine.discardStaged(restore),
    finalize: (restore) => engine.finalize(restore),
    close: async () => undefined,
  };
}

/** A database that was dropped has nobody to be kept out of it. */
async function fenceIfThere(engine: DatabaseEngine): Promise<void> {
  if (await engine.exists()) await engine.fence();
}

function pinnedBy(pin: Pin, options: LocalDatabaseOptions): DatabasePin {
  return {
    openedAt: pin.openedAt,
    position: pin.position,
    documents: () => pin.documents(),
    dump: () => dumpInto(pin, options),
    release: () => pin.release(),
  };
}

/** The dump's bytes go straight into the vault, as a capture of one virtual file. */
function dumpInto(pin: Pin, options: LocalDatabaseOptions): DatabaseDump {
  const { cluster, vault, keyRing, workers, clock, log } = options;
  const dump = pin.dump();
  const abort = new AbortController();
  const keys = keyRing.clusterKeys(cluster.id, cluster.keyEpoch);
  const capture = captureStream(DUMP_FILE, dump.stream, {
    welcome: {
      vaultId: vault.id,
      clusterId: cluster.id,
      idKey: keys.idKey,
      gearKey: keys.gearKey,
      sealPublicKey: keys.publicKey,
    },
    upload: localUpload(vault, cluster.id, null, log),
    workers,
    clock,
    log,
    signal: abort.signal,
    mtimeNs: BigInt(clock.now().getTime()) * 1_000_000n,
  });
  const finished = Promise.all([capture, dump.done]).then(([captured, report]) => ({
    capture: captured,
    report,
  }));
  return {
    secondLook: dump.secondLook,
    finished,
    cancel: async () => {
      abort.abort();
      await dump.cancel();
      await Promise.allSettled([capture, dump.done]);
    },
  };
}

async function readPassword(definition: DatabaseDefinition): Promise<string> {
  if (definition.passwordFile === undefined) return '';
  try {
    return (await readFile(definition.passwordFile, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new LifeboatError(
      'USAGE',
      `the password file of the database cannot be read: ${messageOf(error)}`,
      {
        cause: error,
        guidance: 'database.passwordFile in cluster.yaml names a file on the host that runOn names.',
      },
    );
  }
}
