import type { Resolution } from '@lifeboat/dxp';
import type { Guarantee, Statement, StatementDocuments, StatementNode, StatementTree } from '@lifeboat/model';

import type { BackupSetRun, TreeCapture } from './backup-set-run.ts';
import { lossesOf } from './losses.ts';

const STRUCTURE_CHANGED = 'the structure of the database was changed while it was dumped';

/** The consistency statement of a set that is about to be sealed. */
export function buildStatement(run: BackupSetRun): Statement {
  const documents = run.resolution === undefined ? null : describeDocuments(run.resolution, run.knownMissing);
  const database = describeDatabase(run);
  return {
    set: run.set.id,
    point: describePoint(run),
    fence: describeFence(run),
    guarantee: judgeGuarantee(documents, run.knownMissing, [...run.doubts, ...(database?.doubts ?? [])]),
    nodes: describeNodes(run),
    absentNodes: [],
    documents,
    database,
    searchIndex: {},
    warnings: [...run.doubts, ...run.warnings],
  };
}

/** Everything missing was missing before: known losses. Anything else missing, or a doubt about the database: incomplete. */
export function judgeGuarantee(
  documents: StatementDocuments | null,
  known: ReadonlySet<string>,
  doubts: readonly string[] = [],
): Guarantee {
  if (doubts.length > 0) return 'incomplete';
  if (documents === null) return 'consistent';
  const losses = lossesOf(documents);
  if (losses.length === 0) return 'consistent';
  return losses.every((path) => known.has(path)) ? 'consistent-with-known-losses' : 'incomplete';
}

function describeDocuments(resolution: Resolution, known: ReadonlySet<string>): StatementDocuments {
  const {
    rows,
    resolved,
    resolvedByMove,
    missing,
    sizeMismatch,
    ambiguous,
    inPublication,
    orphanFiles,
    images,
  } = resolution;
  const knownMissing = missing.filter((document) => known.has(document.expectedPath)).length;
  return {
    rows,
    resolved,
    resolvedByMove,
    missing,
    knownMissing,
    sizeMismatch,
    ambiguous,
    inPublication,
    orphanFiles,
    images,
  };
}

/** T lies between the moment the snapshot was known not to be open yet and the one it was known to be. */
function describePoint(run: BackupSetRun): Statement['point'] {
  const report = run.dumped?.report;
  if (report === undefined || run.pinnedAt === undefined) return null;
  const to = report.openedAt > run.pinnedAt ? report.openedAt : run.pinnedAt;
  return {
    from: run.pinnedAt.toISOString(),
    to: to.toISOString(),
    position: report.position,
    pins: run.pins,
  };
}

function describeFence(run: BackupSetRun): Statement['fence'] {
  if (run.fence?.closedAt === undefined || run.round === undefined) return null;
  const { openedAt, closedAt, millis } = run.fence;
  return { openedAt: openedAt.toISOString(), closedAt: closedAt.toISOString(), millis };
}

function describeNodes(run: BackupSetRun): StatementNode[] {
  const byNode = Map.groupBy(run.captures.values(), (capture) => capture.tree.node);
  return [...byNode].map(([node, captures]) => ({ node, trees: captures.map(describeTree) }));
}

function describeTree({ tree, result }: TreeCapture): StatementTree {
  return {
    tree: tree.name,
    provedBy: 'walk',
    entries: Number(result.entries),
    bytes: Number(result.bytes),
    changedWhileRead: result.changedWhileRead,
    notKept: result.notKept,
  };
}

function describeDatabase(run: BackupSetRun): Statement['database'] {
  const { dumped, probe, cluster } = run;
  if (dumped === undefined || probe === undefined || cluster.definition.database === undefined) return null;
  const { counts, ddlDuringDump, doubts, release } = dumped.report;
  return {
    engine: cluster.definition.database.kind,
    serverVersion: probe.serverVersion,
    portalBuild: release.buildNumber,
    schemaVersion: release.schemaVersion,
    tables: counts.tables,
    rows: counts.rows,
    ddlDuringDump,
    largeObjects: counts.largeObjects,
    doubts: ddlDuringDump ? [STRUCTURE_CHANGED, ...doubts] : doubts,
  };
}
