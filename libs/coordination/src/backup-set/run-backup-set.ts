import type { ClusterRow, SetRow } from '@lifeboat/catalog';
import {
  isLifeboatError,
  LifeboatError,
  toErrorReport,
  toLifeboatError,
  type ErrorReport,
} from '@lifeboat/kernel';
import {
  BACKUP_SET_EFFECTS,
  nextBackupSetState,
  type BackupSetEffect,
  type BackupSetEvent,
  type BackupSetState,
} from '@lifeboat/model';

import { drive } from '../drive.ts';
import type { Services } from '../services.ts';
import { waitForLease } from '../wait-for-lease.ts';
import { figuresOf, isCancelled, type BackupSetRun } from './backup-set-run.ts';
import { checkDocuments, dumpDatabase } from './check-documents.ts';
import { closeCaptures } from './close-captures.ts';
import { holdAndRound, resumeProof } from './hold-and-round.ts';
import { leaseAgents } from './lease-agents.ts';
import { pinDatabase } from './pin-database.ts';
import { precopy } from './precopy.ts';
import { sealSet } from './seal-set.ts';
import { timed } from './timed.ts';
import { undoSet } from './undo-set.ts';

type Perform = (run: BackupSetRun) => Promise<BackupSetEvent>;

/** One backup set from request to proved, each step in the file that its function is named for. */
const PERFORM: Record<BackupSetEffect, Perform> = {
  accept: async () => 'accepted',
  'lease-agents': leaseAgents,
  precopy,
  'hold-and-round': holdAndRound,
  pin: pinDatabase,
  check: checkDocuments,
  dump: dumpDatabase,
  close: closeCaptures,
  seal: sealSet,
  prove: proveSet,
  undo: undoSet,
};

/**
 * Takes a set: from the state of its row to the end. Resolves with the state in which it came to rest. The signal
 * ends it early: as cancelled, or as failed with the signal's reason when that is a LifeboatError (INTERRUPTED).
 */
export async function runBackupSet(
  services: Services,
  cluster: ClusterRow,
  set: SetRow,
  asked: AbortSignal,
): Promise<BackupSetState> {
  const lease = await waitForLease(services, `cluster:${cluster.id}`, asked);
  const signal = AbortSignal.any([asked, lease.lost]);
  const run = newRun(services, cluster, set, signal);
  run.epoch = lease.epoch;
  let failure: ErrorReport | undefined;
  try {
    return await drive<BackupSetState, BackupSetEvent, BackupSetEffect>({
      machine: { effects: BACKUP_SET_EFFECTS, next: nextBackupSetState },
      from: set.state,
      persist: async (from, to) => {
        // Sealing has a door of its own in the catalog: by now the row says sealed.
        const moved = await services.catalog.sets.update(
          set.id,
          to === 'sealed' ? to : from,
          to,
          patchOf(run, to, failure),
        );
        // Proving reads what is sealed: the next set need not wait for it.
        if (to === 'sealed') await lease.release();
        return moved;
      },
      perform: async (effect, state) => {
        if (signal.aborted && effect !== 'undo' && effect !== 'prove')
          throw new LifeboatError('CANCELLED', 'the set was cancelled');
        return timed(run, effect, () => PERFORM[effect](run), { state });
      },
      onTrouble: (error) => {
        const cause = isLifeboatError(signal.reason) ? signal.reason : error;
        failure ??= toErrorReport(toLifeboatError(cause));
        return isCancelled(run) ? 'cancel-requested' : 'trouble';
      },
      log: services.log.child({ set: set.id, cluster: cluster.name }),
    });
  } finally {
    resumeProof(run);
    await run.database?.close();
    await lease.release();
  }
}

function newRun(services: Services, cluster: ClusterRow, set: SetRow, signal: AbortSignal): BackupSetRun {
  return {
    services,
    set,
    cluster,
    signal,
    startedAt: services.clock.monotonic(),
    epoch: 0,
    nodes: new Map(),
    trees: [],
    storeHolders: [],
    searchLeftOut: [],
    activeDirectories: [],
    captures: new Map(),
    round: undefined,
    copies: undefined,
    database: undefined,
    probe: undefined,
    pin: undefined,
    pinnedAt: undefined,
    dump: undefined,
    dumped: undefined,
    resolution: undefined,
    storeContents: undefined,
    sealedStore: undefined,
    pins: 0,
    dumps: 0,
    openSince: new Map(),
    knownMissing: new Set(),
    acknowledged: new Set(),
    fence: undefined,
    proofPause: undefined,
    warnings: [],
    doubts: [],
    totals: { read: 0, changed: 0, wire: 0 },
  };
}

function patchOf(
  run: BackupSetRun,
  to: BackupSetState,
  failure: ErrorReport | undefined,
): Record<string, unknown> {
  // Those of a sealed set are in its document.
  const isUnsealed = to === 'failed' || to === 'cancelled';
  return {
    ...(isUnsealed ? { figures: figuresOf(run) } : {}),
    ...(to === 'proved' ? { provedAt: run.services.clock.now() } : {}),
    ...(to === 'failed' && failure !== undefined ? { failure } : {}),
  };
}

async function proveSet(run: BackupSetRun): Promise<BackupSetEvent> {
  const report = await run.services.vault.prove();
  if (report.findings.length === 0) return 'proof-complete';
  run.services.log.error({ set: run.set.id, findings: report.findings }, 'packs failed their proof');
  return 'trouble';
}
