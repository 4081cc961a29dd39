import type { Plan } from '@lifeboat/console-api';
import { facts, table } from './table.ts';
import { bytesText, countText } from './units.ts';

type Slice = Plan['slices'][number];

const ACTIONS = { 'put-back': 'put back', reset: 'emptied' } as const;

export function showPlan(plan: Plan): string {
  const slices = table<Slice>(
    plan.slices,
    [
      { title: 'NODE', cell: (slice) => slice.node },
      { title: 'TREE', cell: (slice) => slice.tree },
      { title: 'PATH', cell: (slice) => slice.path },
      { title: 'ENTRIES', cell: (slice) => countText(slice.entries), right: true },
      { title: 'BYTES', cell: (slice) => bytesText(slice.bytes), right: true },
      { title: 'KEPT', cell: (slice) => bytesText(slice.bytesKept), right: true },
      { title: 'TO FETCH', cell: (slice) => bytesText(slice.bytesToFetch), right: true },
      { title: 'FOUND THERE', cell: (slice) => bytesText(slice.bytesSeeded), right: true },
      { title: 'REPLACED', cell: (slice) => countText(slice.filesReplaced), right: true },
      { title: 'REMOVED', cell: (slice) => countText(slice.entriesRemoved), right: true },
    ],
    'No tree is replaced.',
  );
  const { database } = plan;
  return [
    facts([
      ['plan', plan.plan],
      ['cluster', plan.cluster],
      ['set', plan.set],
      [
        'database',
        database
          ? `${database.engine} ${database.name} on ${database.runOn}, ${bytesText(database.bytes)}`
          : 'none',
      ],
    ]),
    '',
    slices,
    ...clearedLines(plan.slices),
    ...(plan.searchIndex ?? []).map(({ node, action }) => `search index of ${node}: ${ACTIONS[action]}`),
    ...plan.warnings.map((warning) => `warning: ${warning}`),
    '',
    `Run it with: lifeboat restore run ${plan.plan} --wait`,
  ].join('\n');
}

function clearedLines(slices: readonly Slice[]): string[] {
  return slices
    .filter(({ cleared }) => cleared.length > 0)
    .map(({ node, tree, cleared }) => `emptied on ${node} in ${tree}: ${cleared.join(', ')}`);
}
