import type { ClusterRow, NodeRow, SetRow } from '@lifeboat/catalog';
import { invariant, LifeboatError, type PlanId } from '@lifeboat/kernel';
import {
  planSearchIndex,
  type CaptureRecord,
  type DatabaseSlice,
  type KeepRule,
  type RestorePlan,
  type RestoreSlice,
  type SearchIndexSlice,
} from '@lifeboat/model';

import { expectOutcome } from '../agent-gateway.ts';
import { askNode } from '../ask-node.ts';
import type { Services } from '../services.ts';

/** Kinds of tree that are put back on disk; the others are kept for people, or are the database's dump. */
const RESTORED_KINDS: ReadonlySet<string> = new Set([
  'liferay-home',
  'application-server',
  'document-store',
  'search-index',
  'path',
]);

/** A plan is printed, not begun: agents count what would be fetched and replaced, and touch nothing. */
export async function planRestore(
  services: Services,
  cluster: ClusterRow,
  set: SetRow,
  plan: PlanId,
  keep: KeepRule,
): Promise<RestorePlan> {
  const { document } = set;
  if (document === null) {
    throw new LifeboatError('CONFLICT', `set ${set.id} is ${set.state}: only a sealed set can be restored`);
  }
  const nodes = await onlineNodes(services, cluster);
  const warnings: string[] = [];
  const slices = await Promise.all(
    document.captures
      .filter((capture) => RESTORED_KINDS.has(capture.kind))
      .map((capture) => planSlice(services, { plan, capture, keep, nodes, warnings })),
  );
  const searchIndex = planSearchIndex(document);
  warnings.push(...reindexWarnings(searchIndex));
  return {
    plan,
    set: set.id,
    cluster: cluster.name,
    createdAt: services.clock.now().toISOString(),
    slices,
    database: planDatabase(cluster, document.captures, warnings),
    searchIndex,
    warnings,
  };
}

function reindexWarnings(slices: readonly SearchIndexSlice[]): string[] {
  return slices
    .filter(({ reindex }) => reindex)
    .map(
      ({ node, reasons }) =>
        `${node}: rebuild the search index once the portal runs again (${reasons.join('; ')})`,
    );
}

async function onlineNodes(services: Services, cluster: ClusterRow): Promise<Map<string, NodeRow>> {
  const rows = await services.catalog.nodes.list(cluster.id);
  const joined = rows.filter((row) => row.state === 'joined' && row.name in cluster.definition.nodes);
  const offline = joined.filter((row) => !services.effects.agents.isOnline(row.id));
  if (offline.length > 0) {
    throw new LifeboatError('NODE_OFFLINE', `not connected: ${offline.map((row) => row.name).join(', ')}`, {
      guidance: 'A cluster is brought back whole: start lifeboat-agent on every node, then plan again.',
    });
  }
  return new Map(joined.map((row) => [row.name, row]));
}

interface SliceRequest {
  readonly plan: string;
  readonly capture: CaptureRecord;
  readonly keep: KeepRule;
  readonly nodes: ReadonlyMap<string, NodeRow>;
  readonly warnings: string[];
}

async function planSlice(services: Services, request: SliceRequest): Promise<RestoreSlice> {
  const { capture, keep, nodes, plan } = request;
  // What belongs to the whole cluster is switched by one node that sees it.
  const name = capture.node ?? [...nodes.keys()][0];
  const row = name === undefined ? undefined : nodes.get(name);
  if (name === undefined || row === undefined) {
    throw new LifeboatError(
      'NODE_OFFLINE',
      `the set holds ${capture.tree} of ${capture.node}, which is not in the cluster`,
      {
        guidance: 'Join the node again under the same name (lifeboat node token), then plan again.',
      },
    );
  }
  const { tree, kind, path, excludes, cleared, root, entries } = capture;
  const capturedAt = capture.startedAt ?? null;
  const slice = { tree, kind, path, excludes, cleared, root, capturedAt, keep };
  const outcome = await askNode(
    services,
    { node: row.id, operation: plan, epoch: 0 },
    { $case: 'stageTree', value: { ...stageOf(slice), dryRun: true } },
  );
  const staged = expectOutcome(outcome, 'stageTree').value;
  request.warnings.push(...staged.warnings.map((warning) => `${name}: ${warning}`));
  return {
    ...slice,
    node: name,
    entries,
    entriesKept: Number(staged.entriesKept),
    entriesRemoved: Number(staged.entriesRemoved),
    bytesKept: Number(staged.bytesKept),
    bytes: Number(staged.bytesTotal),
    bytesToFetch: Number(staged.bytesFetched),
    bytesSeeded: Number(staged.bytesSeeded),
    filesReplaced: Number(staged.filesReplaced),
  };
}

/** A slice as the command that stages it. */
export function stageOf(
  slice: Pick<
    RestoreSlice,
    'tree' | 'kind' | 'path' | 'excludes' | 'cleared' | 'root' | 'capturedAt' | 'keep'
  >,
) {
  return {
    tree: { name: slice.tree, kind: slice.kind, path: slice.path, excludes: [...slice.excludes] },
    root: Buffer.from(slice.root, 'hex'),
    cleared: [...slice.cleared],
    keep: slice.keep,
    capturedUnixMillis: BigInt(slice.capturedAt === null ? 0 : Date.parse(slice.capturedAt)),
  };
}

function planDatabase(
  cluster: ClusterRow,
  captures: readonly CaptureRecord[],
  warnings: string[],
): DatabaseSlice | null {
  const dump = captures.find((capture) => capture.kind === 'database');
  if (dump === undefined) return null;
  const definition = cluster.definition.database;
  if (definition === undefined) {
    warnings.push('the set holds a database, but the cluster names none any more: it is left as it is');
    return null;
  }
  const name = decodeURIComponent(new URL(definition.url).pathname.slice(1));
  invariant(name !== '', 'a database definition names a database');
  return { runOn: definition.runOn, engine: definition.kind, name, root: dump.root, bytes: dump.bytes };
}
