import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findingLines } from '../output/finding-lines.ts';
import { countText } from '../output/units.ts';

export function vaultProve(cli: Cli): Command {
  return new Command('prove')
    .description('read back and verify every pack not proved yet; exit code 1 when something is wrong')
    .action(
      cli.action(async ({ client }) => {
        const proved = await client.call('proveVault', {}, randomUUID());
        const { packs, chunks, findings } = proved;
        const seen = `${countText(packs)} packs, ${countText(chunks)} chunks read back and verified.`;
        return {
          json: proved,
          text: [seen, ...findingLines(findings)].join('\n'),
          exit: findings.length === 0 ? 0 : 1,
        };
      }),
    );
}
