import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { timeText } from '../output/units.ts';
import { wholeNumber } from '../whole-number.ts';

interface Options {
  readonly cluster: string;
  readonly node: string;
  readonly ttl?: number;
}

export function nodeToken(cli: Cli): Command {
  return new Command('token')
    .description('a token with which a node joins, once')
    .requiredOption('--cluster <cluster>')
    .requiredOption('--node <node>')
    .option('--ttl <seconds>', 'how long it is good for (default: one hour)', wholeNumber)
    .action(
      cli.action<Options>(async ({ client, url }, { cluster, node, ttl }) => {
        const body = { ttlSeconds: ttl };
        const created = await client.call(
          'createNodeToken',
          { params: { cluster, node }, body },
          randomUUID(),
        );
        const text = [
          `On ${node}, until ${timeText(created.expiresAt)}:`,
          `  lifeboat-agent join --server ${url} --token ${created.token} --state DIR`,
        ].join('\n');
        return { json: created, text };
      }),
    );
}
