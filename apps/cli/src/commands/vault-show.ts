import { Command } from 'commander';
import type { VaultView } from '@lifeboat/console-api';
import type { Cli } from '../cli.ts';
import { printable } from '../output/printable.ts';
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
        ...replicaFacts(vault.replica),
      ]);
      return { json: vault, text };
    }),
  );
}

function replicaFacts(replica: VaultView['replica']): [string, string][] {
  if (replica === null) return [];
  const { location, behind, lastSet, problem } = replica;
  const lag = `${countText(behind.packs)} packs (${bytesText(behind.bytes)}), ${countText(behind.sets)} sets`;
  return [
    ['replica', location],
    ['behind by', lag],
    ['last set in it', lastSet ?? 'none'],
    ...(problem === null ? [] : [['trouble', printable(problem)] as [string, string]]),
  ];
}
