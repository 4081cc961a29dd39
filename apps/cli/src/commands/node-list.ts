import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { listNodes } from '../list-nodes.ts';
import { nodeTable } from '../output/node-table.ts';

export function nodeList(cli: Cli): Command {
  return new Command('list')
    .description('nodes, joined or not')
    .option('--cluster <cluster>', 'of this cluster only')
    .action(
      cli.action<{ cluster?: string }>(async ({ client }, { cluster }) => {
        const nodes = await listNodes(client, cluster);
        return { json: nodes, text: nodeTable(nodes) };
      }),
    );
}
