import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findNode } from '../list-nodes.ts';
import { nodeTable } from '../output/node-table.ts';

export function nodeShow(cli: Cli): Command {
  return new Command('show')
    .description('one node')
    .argument('<node>', 'its name, or cluster/name')
    .option('--cluster <cluster>', 'when several clusters have a node of this name')
    .action(
      cli.action<{ cluster?: string }>(async ({ client }, { cluster }, name = '') => {
        const node = await findNode(client, name, cluster);
        return { json: node, text: nodeTable([node]) };
      }),
    );
}
