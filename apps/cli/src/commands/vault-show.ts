import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { facts } from '../output/table.ts';
import { bytesText, countText } from '../output/units.ts';

export function vaultShow(cli: Cli): Command {
  return new Command('show').description('the vault in figures').action(
    cli.action(async ({ client }) => {
      const vault = await client.call('getVault', {});
      const text = facts([
        ['vault', vault.vault],
        ['location', vault.location],
        ['packs', `${countText(vault.packs)}, ${countText(vault.unprovedPacks)} not proved yet`],
        ['chunks', countText(vault.chunks)],
        ['sets', countText(vault.sets)],
        ['bytes', bytesText(vault.bytes)],
        ['key epoch', `${vault.keyEpoch}`],
      ]);
      return { json: vault, text };
    }),
  );
}
