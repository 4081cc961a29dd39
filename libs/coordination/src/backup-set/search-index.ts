import type { ClusterDefinition, StatementSearchIndex } from '@lifeboat/model';
import type { CapturedIndex, InspectNodeResult } from '@lifeboat/wire';

import type { BackupSetRun, TreeCapture } from './backup-set-run.ts';
import type { PlannedTree } from './plan-trees.ts';

type LeftOut = NonNullable<StatementSearchIndex['leftOut']>[number];

/** The replica that a node keeps itself; none where it has none, or the definition leaves it out. */
export function planReplica(
  node: string,
  found: InspectNodeResult,
  { searchIndex }: ClusterDefinition,
): PlannedTree[] {
  const path = found.searchIndexPath;
  if (path === '' || searchIndex?.kind === 'none') return [];
  return [
    { node, clusterWide: false, name: 'search-index', kind: 'search-index', path, excludes: [], cleared: [] },
  ];
}

/** What is seen of search indexes on a node and is not going to be in the set. */
export function searchLeftOut(
  node: string,
  found: InspectNodeResult,
  { searchIndex }: ClusterDefinition,
): LeftOut[] {
  const engines = found.searchEngines.map(({ place, reason }) => ({ node, path: place, reason }));
  const path = found.searchIndexPath;
  if (searchIndex?.kind === 'none' && path !== '')
    return [...engines, { node, path, reason: 'cluster.yaml leaves the search index out' }];
  if (searchIndex?.kind === 'lucene' && path === '') {
    const wanted = searchIndex.path ?? 'data/lucene';
    return [...engines, { node, path: wanted, reason: 'there is no such folder on this node' }];
  }
  return engines;
}

/** Indexes captured, each at its commit, and what is not in the set. */
export function describeSearchIndex(
  run: Pick<BackupSetRun, 'captures' | 'searchLeftOut'>,
): StatementSearchIndex {
  const replicas = [...run.captures.values()].filter(({ tree }) => tree.kind === 'search-index');
  if (replicas.length === 0 && run.searchLeftOut.length === 0) return {};
  return {
    indexes: replicas.flatMap(({ tree, result }) =>
      capturedIndexes(result).flatMap((index) =>
        index.commit === '' ? [] : [describeIndex(tree.node, index)],
      ),
    ),
    leftOut: [...run.searchLeftOut, ...replicas.flatMap(damaged)],
  };
}

function capturedIndexes({ searchIndex }: TreeCapture['result']): readonly CapturedIndex[] {
  return searchIndex?.indexes ?? [];
}

function describeIndex(node: string, index: CapturedIndex) {
  const { folder, commit, committedUnixMillis, luceneVersion, documents, files, bytes } = index;
  return {
    node,
    folder,
    commit,
    committedAt: new Date(Number(committedUnixMillis)).toISOString(),
    luceneVersion: luceneVersion === '' ? null : luceneVersion,
    documents: Number(documents),
    files,
    bytes: Number(bytes),
  };
}

function damaged({ tree, result }: TreeCapture): LeftOut[] {
  return capturedIndexes(result)
    .filter(({ commit }) => commit === '')
    .map(({ folder, leftOut }) => ({ node: tree.node, path: `${tree.path}/${folder}`, reason: leftOut }));
}

/** Builds of 7.2 and 7.3 keep rankings and synonyms in the index alone (DXP facts §4.2). */
export function tuningWarnings(portalBuild: string | null, searchIndex: StatementSearchIndex): string[] {
  const isOfThose = /^7[23]\d\d$/.test(portalBuild ?? '');
  const hasEngine = (searchIndex.leftOut ?? []).length > 0;
  if (!isOfThose || !hasEngine) return [];
  return [
    'search rankings and synonyms of DXP 7.2 and 7.3 exist in the search engine alone, which is not in the set: keep a snapshot of its own',
  ];
}
