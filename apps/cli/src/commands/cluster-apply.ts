import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { readClusterFile } from '../read-cluster-file.ts';

export function clusterApply(cli: Cli): Command {
  return new Command('apply')
    .description('create or change a cluster from its cluster.yaml')
    .requiredOption('-f, --file <file>', 'cluster.yaml, - for standard input')
    .action(
      cli.action<{ file: string }>(async ({ client }, { file }) => {
        const document = await readClusterFile(file);
        const params = { cluster: document.cluster };
        const applied = await client.call('applyCluster', { params, body: document }, randomUUID());
        const text = `Cluster ${applied.cluster} ${applied.created ? 'created' : 'changed'}.`;
        return { json: applied, text };
      }),
    );
}
