import { Command } from 'commander';
import { stringify } from 'yaml';
import type { Cli } from '../cli.ts';
import { nodeTable } from '../output/node-table.ts';
import { facts } from '../output/table.ts';
import { orDash, timeText } from '../output/units.ts';

export function clusterShow(cli: Cli): Command {
  return new Command('show')
    .description('a cluster, its nodes, what it is doing')
    .argument('<cluster>')
    .action(
      cli.action(async ({ client }, _options, cluster = '') => {
        const shown = await client.call('getCluster', { params: { cluster } });
        const { activity, lastSet } = shown;
        const text = [
          facts([
            ['cluster', shown.cluster],
            ['id', shown.clusterId],
            ['created', timeText(shown.createdAt)],
            ['doing', activity ? `${activity.kind} ${activity.id}: ${activity.state}` : 'nothing'],
            ['last set', lastSet ? `${lastSet.set}: ${lastSet.state}, ${orDash(lastSet.guarantee)}` : 'none'],
          ]),
          '',
          nodeTable(shown.nodes),
          '',
          stringify(shown.definition).trimEnd(),
        ].join('\n');
        return { json: shown, text };
      }),
    );
}
