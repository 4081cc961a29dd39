import type { NodeRow, RestoreRow, SetRow } from '@lifeboat/catalog';
import type { BackupSet, Node, Progress, Restore } from '@lifeboat/console-api';
import type { SetFigures } from '@lifeboat/model';

/** Rows of the catalog as the console API shows them. */

export function viewSet(row: SetRow): BackupSet {
  const figures = (row.figures ?? {}) as Partial<SetFigures>;
  return {
    set: row.id,
    cluster: row.clusterName,
    state: row.state,
    guarantee: row.guarantee,
    point: row.document?.statement.point ?? null,
    bytes: figures.bytes ?? null,
    millis: figures.millis ?? null,
    sequence: row.sequence,
    requestedAt: row.requestedAt.toISOString(),
    requestedBy: row.requestedBy,
    sealedAt: row.sealedAt?.toISOString() ?? null,
    provedAt: row.provedAt?.toISOString() ?? null,
    progress: row.progress as Progress | null,
    failure: row.failure === null ? null : { ...row.failure },
    pin: row.pin && { ...row.pin, at: row.pin.at.toISOString(), until: row.pin.until?.toISOString() ?? null },
    droppedAt: row.droppedAt?.toISOString() ?? null,
  } as BackupSet;
}

interface RestoreFigures {
  readonly millis?: number;
  readonly stageMillis?: number;
  readonly switchMillis?: number;
}

export function viewRestore(row: RestoreRow): Restore {
  const figures = (row.figures ?? {}) as RestoreFigures;
  return {
    restore: row.id,
    plan: row.planId,
    set: row.set,
    cluster: row.clusterName,
    state: row.state,
    millis: figures.millis ?? null,
    stageMillis: figures.stageMillis ?? null,
    switchMillis: figures.switchMillis ?? null,
    requestedAt: row.requestedAt.toISOString(),
    requestedBy: row.requestedBy,
    endedAt: row.finishedAt?.toISOString() ?? null,
    finalizedAt: row.steps.find((step) => step.step === 'finalized')?.at.toISOString() ?? null,
    progress: row.progress as Progress | null,
    failure: row.failure === null ? null : { ...row.failure },
  } as Restore;
}

/** A node that the definition names and that may have joined. */
export function viewNode(
  cluster: string,
  name: string,
  row: NodeRow | undefined,
  online: boolean,
): Omit<Node, 'bandwidth'> {
  return {
    node: name,
    cluster,
    state: row?.state ?? 'expected',
    online,
    nodeId: row?.id ?? null,
    agentVersion: row?.agentVersion ?? null,
    joinedAt: row?.joinedAt.toISOString() ?? null,
    lastSeenAt: row?.lastSeenAt?.toISOString() ?? null,
    certificateNotAfter: row?.certificateNotAfter?.toISOString() ?? null,
  };
}
