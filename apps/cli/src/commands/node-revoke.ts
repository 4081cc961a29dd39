import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findNode } from '../list-nodes.ts';

export function nodeRevoke(cli: Cli): Command {
  return new Command('revoke')
    .description('refuse a node’s certificate from now on')
    .argument('<node>', 'its name, or cluster/name')
    .option('--cluster <cluster>', 'when several clusters have a node of this name')
    .action(
      cli.action<{ cluster?: string }>(async ({ client }, { cluster: given }, name = '') => {
        const { cluster, node } = await findNode(client, name, given);
        const revoked = await client.call('revokeNode', { params: { cluster, node } }, randomUUID());
        return {
          json: revoked,
          text: `Node ${node} of ${cluster} is revoked. A new token lets it join again.`,
        };
      }),
    );
}
