import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { countText } from '../output/units.ts';

export function vaultReindex(cli: Cli): Command {
  return new Command('reindex').description('rebuild the catalog from the vault').action(
    cli.action(async ({ client }) => {
      const found = await client.call('reindexVault', {}, randomUUID());
      const { packs, chunks, sets, clusters } = found;
      const text =
        `Found ${countText(clusters)} clusters, ${countText(sets)} sets, ` +
        `${countText(packs)} packs, ${countText(chunks)} chunks.`;
      return { json: found, text };
    }),
  );
}
