import type { ClusterSummary } from '@lifeboat/console-api';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { table } from '../output/table.ts';
import { orDash, timeText } from '../output/units.ts';

export function clusterList(cli: Cli): Command {
  return new Command('list').description('all clusters').action(
    cli.action(async ({ client }) => {
      const clusters = await client.call('listClusters', {});
      const text = table<ClusterSummary>(
        clusters,
        [
          { title: 'CLUSTER', cell: ({ cluster }) => cluster },
          { title: 'NODES', cell: ({ nodes }) => nodes.join(',') },
          { title: 'LAST SET', cell: ({ lastSet }) => timeText(lastSet?.requestedAt) },
          { title: 'STATE', cell: ({ lastSet }) => orDash(lastSet?.state) },
          { title: 'GUARANTEE', cell: ({ lastSet }) => orDash(lastSet?.guarantee) },
        ],
        'No cluster yet: lifeboat cluster apply -f cluster.yaml',
      );
      return { json: clusters, text };
    }),
  );
}
