import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findingLines } from '../output/finding-lines.ts';
import { countText } from '../output/units.ts';

export function vaultCheck(cli: Cli): Command {
  return new Command('check')
    .description('verify the vault; exit code 1 when something is wrong')
    .option('--read-data', 'read and verify every byte, not the index only')
    .action(
      cli.action<{ readData?: true }>(async ({ client }, { readData }) => {
        const body = { readData: readData ?? false };
        const checked = await client.call('checkVault', { body }, randomUUID());
        const { packs, chunks, sets, findings } = checked;
        const seen = `${countText(packs)} packs, ${countText(chunks)} chunks, ${countText(sets)} sets checked.`;
        const text = [seen, ...findingLines(findings)].join('\n');
        return { json: checked, text, exit: findings.length === 0 ? 0 : 1 };
      }),
    );
}
