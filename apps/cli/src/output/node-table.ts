import type { Node } from '@lifeboat/console-api';
import { table } from './table.ts';
import { orDash, timeText } from './units.ts';

export function nodeTable(nodes: readonly Node[]): string {
  return table<Node>(
    nodes,
    [
      { title: 'CLUSTER', cell: ({ cluster }) => cluster },
      { title: 'NODE', cell: ({ node }) => node },
      { title: 'STATE', cell: ({ state }) => state },
      { title: 'ONLINE', cell: ({ online }) => (online ? 'yes' : 'no') },
      { title: 'LAST SEEN', cell: ({ lastSeenAt }) => timeText(lastSeenAt) },
      { title: 'CERTIFICATE UNTIL', cell: ({ certificateNotAfter }) => timeText(certificateNotAfter) },
      { title: 'AGENT', cell: ({ agentVersion }) => orDash(agentVersion) },
    ],
    'No nodes.',
  );
}
