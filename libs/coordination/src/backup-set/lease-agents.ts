import { derivedFolders } from '@lifeboat/dxp';
import { LifeboatError } from '@lifeboat/kernel';
import { lossesOf, type BackupSetEvent } from '@lifeboat/model';
import type { InspectNodeResult } from '@lifeboat/wire';

import { expectOutcome } from '../agent-gateway.ts';
import { assertIsPortalDatabase } from './assert-same-portal.ts';
import { askAgent } from './ask-agent.ts';
import type { BackupSetRun } from './backup-set-run.ts';
import { planTrees, type PlannedTree } from './plan-trees.ts';
import { searchLeftOut } from './search-index.ts';

/** Every node that must take part is up and says what it holds; the database answers and shows everything. */
export async function leaseAgents(run: BackupSetRun): Promise<BackupSetEvent> {
  await findNodes(run);
  const inspections = new Map<string, InspectNodeResult>();
  await Promise.all(
    [...run.nodes.keys()].map(async (node) => inspections.set(node, await inspect(run, node))),
  );
  const inOrder = new Map([...run.nodes.keys()].map((node) => [node, inspections.get(node)!]));
  const plan = planTrees(run.cluster.definition, inOrder);
  run.trees = plan.trees;
  run.storeHolders = plan.storeHolders;
  run.warnings.push(...plan.warnings);
  const { definition } = run.cluster;
  run.searchLeftOut = [...inOrder].flatMap(([node, found]) => searchLeftOut(node, found, definition));
  run.doubts.push(...plan.doubts);
  await openDatabase(run);
  assertIsPortalDatabase(run);
  run.trees = leaveOutDerived(run);
  await findKnownLosses(run);
  return 'agents-leased';
}

async function findNodes(run: BackupSetRun): Promise<void> {
  const { catalog, effects } = run.services;
  const rows = await catalog.nodes.list(run.cluster.id);
  const absent: string[] = [];
  for (const name of Object.keys(run.cluster.definition.nodes)) {
    const row = rows.find((candidate) => candidate.name === name && candidate.state === 'joined');
    if (row === undefined || !effects.agents.isOnline(row.id)) absent.push(name);
    else run.nodes.set(name, row);
  }
  if (absent.length === 0) return;
  throw new LifeboatError('NODE_OFFLINE', `not connected: ${absent.join(', ')}`, {
    guidance:
      'Start lifeboat-agent on these nodes (lifeboat node list shows who is connected), then ask again.',
    context: { nodes: absent },
  });
}

async function inspect(run: BackupSetRun, node: string): Promise<InspectNodeResult> {
  const { definition } = run.cluster;
  const outcome = await askAgent(run, node, {
    $case: 'inspectNode',
    value: {
      liferayHome: definition.nodes[node]?.liferayHome ?? '',
      documentStorePath: definition.documentStore?.path ?? '',
      searchIndexPath: definition.searchIndex?.path ?? '',
    },
  });
  return expectOutcome(outcome, 'inspectNode').value;
}

async function openDatabase(run: BackupSetRun): Promise<void> {
  const { database } = run.cluster.definition;
  if (database === undefined) return;
  const { services, cluster, set, signal } = run;
  const onBehalfOf = { operation: set.id, epoch: () => run.epoch, signal };
  run.database = await services.effects.openDatabase(cluster, database, onBehalfOf);
  run.probe = await run.database.probe();
  run.warnings.push(...run.probe.warnings);
}

/** What was missing before, or was acknowledged, is an old loss: it is told apart from a new one. */
async function findKnownLosses(run: BackupSetRun): Promise<void> {
  const { catalog } = run.services;
  const previous = await catalog.sets.latestKept(run.cluster.id);
  const documents = previous?.document?.statement.documents;
  run.acknowledged = await catalog.acknowledgements.losses(run.cluster.id);
  run.knownMissing = new Set([...(documents ? lossesOf(documents) : []), ...run.acknowledged]);
}

/** Left out of the set, and emptied at a restore: previews of other bytes must not come to stand beside these. */
function leaveOutDerived({ trees, cluster, probe, warnings }: BackupSetRun): readonly PlannedTree[] {
  if (cluster.definition.documentStore?.derivedFiles !== 'skip') return trees;
  const companies = probe?.portal?.companies ?? [];
  if (companies.length === 0) {
    warnings.push(
      'documentStore.derivedFiles: skip has no effect: the companies of the portal are not known',
    );
  }
  const folders = derivedFolders(companies);
  return trees.map((tree) =>
    tree.kind === 'document-store'
      ? { ...tree, excludes: [...tree.excludes, ...folders].sort(), cleared: [...tree.cleared, ...folders] }
      : tree,
  );
}
