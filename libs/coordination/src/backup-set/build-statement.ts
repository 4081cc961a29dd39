import { compareCompanies, isKnownBuild } from '@lifeboat/dxp';
import {
  lossesOf,
  type Guarantee,
  type Statement,
  type StatementDocuments,
  type StatementNode,
  type StatementTree,
} from '@lifeboat/model';

import type { BackupSetRun, TreeCapture } from './backup-set-run.ts';
import { describeSearchIndex, tuningWarnings } from './search-index.ts';

const STRUCTURE_CHANGED = 'the structure of the database was changed while it was dumped';

/** The consistency statement of a set that is about to be sealed. */
export function buildStatement(run: BackupSetRun): Statement {
  const documents = describeDocuments(run);
  const database = describeDatabase(run);
  const searchIndex = describeSearchIndex(run);
  return {
    set: run.set.id,
    point: describePoint(run),
    fence: describeFence(run),
    guarantee: judgeGuarantee(documents, run.knownMissing, [...run.doubts, ...(database?.doubts ?? [])]),
    nodes: describeNodes(run),
    absentNodes: [],
    documents,
    database,
    searchIndex,
    warnings: [
      ...run.doubts,
      ...run.warnings,
      ...portalWarnings(run),
      ...tuningWarnings(database?.portalBuild ?? null, searchIndex),
    ],
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

function describeDocuments(run: BackupSetRun): StatementDocuments | null {
  const { resolution, knownMissing, acknowledged, cluster, storeContents } = run;
  if (resolution === undefined) return null;
  const { moves: _moves, referenced: _referenced, derived, ...counted } = resolution;
  const losses = lossesOf(resolution);
  return {
    ...counted,
    knownMissing: resolution.missing.filter((document) => knownMissing.has(document.expectedPath)).length,
    newLosses: losses.filter((path) => !knownMissing.has(path)),
    acknowledged: losses.filter((path) => acknowledged.has(path)).length,
    derived: { ...derived, skipped: cluster.definition.documentStore?.derivedFiles === 'skip' },
    companiesWithoutRow: companiesWithoutRow(run),
    ...(storeContents && { inDatabase: { contents: storeContents.contents, bytes: storeContents.bytes } }),
  };
}

/** Where the database has no companies at all, nothing can be said of the store's. */
function companiesWithoutRow({ dumped, copies }: BackupSetRun): readonly string[] {
  const companies = dumped?.report.companies ?? [];
  if (companies.length === 0 || copies === undefined) return [];
  return compareCompanies(companies, copies.topFolders()).withoutRow;
}

/** What of the portal a restore, or its operator, has to know. */
function portalWarnings(run: BackupSetRun): string[] {
  const { dumped, resolution } = run;
  if (dumped === undefined || resolution === undefined) return [];
  const companies = companiesWithoutRow(run);
  const { buildNumber } = dumped.report.release;
  return [
    ...(companies.length === 0
      ? []
      : [
          `the document store has folders of companies that the database does not know: ${companies.join(', ')}; ` +
            'their documents are not part of the set',
        ]),
    ...(isKnownBuild(buildNumber)
      ? []
      : [
          `the portal's build ${buildNumber ?? '(no Release_ row of the portal)'} is not one that Lifeboat knows; ` +
            'its tables and paths were read as they are in 7.4',
        ]),
  ];
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
    provedBy: tree.kind === 'search-index' ? 'commit' : 'walk',
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
