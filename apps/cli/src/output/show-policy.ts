import type { PolicySimulation, PolicyView } from '@lifeboat/console-api';
import { facts, table } from './table.ts';
import { countText, millisText, timeText } from './units.ts';

type Policy = PolicySimulation['policy'];
type SimulatedSet = PolicySimulation['sets'][number];

export function policyText({ timeZone, ...rules }: Policy): string {
  const said = Object.entries(rules).filter(([, count]) => count !== undefined && count > 0);
  return `${said.map(([rule, count]) => `${rule} ${count}`).join(', ')} (${timeZone ?? 'UTC'})`;
}

export function showPolicy({ cluster, policy, delaySeconds, dropped, problem }: PolicyView): string {
  const head = facts([
    ['cluster', cluster],
    ['policy', policy === null ? 'none: all sets are kept' : policyText(policy)],
    [
      'deletion',
      policy === null ? undefined : `${millisText(delaySeconds * 1000)} after a set was let go of`,
    ],
    ['problem', problem ?? undefined],
  ]);
  if (dropped.length === 0) return head;
  const left = (waited: number): string => millisText(Math.max(0, delaySeconds - waited) * 1000);
  const rows = table(
    dropped,
    [
      { title: 'LET GO', cell: ({ set }) => set },
      { title: 'AT', cell: ({ at }) => timeText(at) },
      { title: 'DELETED IN', cell: ({ waitedSeconds }) => left(waitedSeconds), right: true },
      { title: 'WHY', cell: ({ reason }) => reason },
    ],
    '',
  );
  return `${head}\n\n${rows}\n\n"lifeboat set pin" keeps one of them.`;
}

export function showSimulation({ cluster, policy, sets, days }: PolicySimulation): string {
  const head = facts([
    ['cluster', cluster],
    ['policy', policyText(policy)],
  ]);
  const now = table<SimulatedSet>(
    sets,
    [
      { title: 'SET', cell: ({ set }) => set },
      { title: 'TAKEN', cell: ({ requestedAt }) => timeText(requestedAt) },
      { title: 'GUARANTEE', cell: ({ guarantee }) => guarantee },
      { title: 'NOW', cell: ({ keep }) => (keep ? 'keep' : 'drop') },
      { title: 'WHY', cell: ({ reasons }) => reasons.map(({ rule, text }) => `${rule}: ${text}`).join('; ') },
    ],
    'No sealed sets yet.',
  );
  const later = table(
    days,
    [
      { title: 'DAY', cell: ({ day }) => day },
      { title: 'TAKEN', cell: ({ taken }) => countText(taken), right: true },
      { title: 'KEPT', cell: ({ kept }) => countText(kept), right: true },
      {
        title: 'DROPPED',
        cell: ({ dropped, droppedTaken }) => countText(dropped.length + droppedTaken),
        right: true,
      },
      { title: 'OF THESE', cell: ({ dropped }) => dropped.join(' ') },
    ],
    'No schedule takes sets in that time.',
  );
  return [head, now, later].join('\n\n');
}
