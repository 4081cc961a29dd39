import type { Node } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findNode } from '../list-nodes.ts';
import { nodeTable } from '../output/node-table.ts';
import { bytesText } from '../output/units.ts';

export function nodeShow(cli: Cli): Command {
  return new Command('show')
    .description('one node')
    .argument('<node>', 'its name, or cluster/name')
    .option('--cluster <cluster>', 'when several clusters have a node of this name')
    .action(
      cli.action<{ cluster?: string }>(async ({ client }, { cluster }, name = '') => {
        const node = await findNode(client, name, cluster);
        return { json: node, text: [nodeTable([node]), ...bandwidthLine(node)].join('\n') };
      }),
    );
}

/** Of a node that bounds what it sends. */
function bandwidthLine({ bandwidth }: Node): string[] {
  if (bandwidth === null) return [];
  const { limit, waitedBytes } = bandwidth;
  const now = limit === null ? 'no limit at this time of the day' : `at most ${bytesText(limit)}/s now`;
  return [`Bandwidth: ${now}; ${bytesText(waitedBytes)} had to wait since its agent was started.`];
}
