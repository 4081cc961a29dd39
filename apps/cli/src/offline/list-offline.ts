import { treeNameOf } from '@lifeboat/restore/offline';
import type { StoredSet } from '@lifeboat/vault/offline';
import type { LocalContext, Outcome } from '../cli.ts';
import { findingLines } from '../output/finding-lines.ts';
import { table } from '../output/table.ts';
import { bytesText, timeText } from '../output/units.ts';
import type { OfflineOptions } from './offline-options.ts';
import { openOfflineVault } from './open-offline-vault.ts';
import { readKeyRing } from './read-key-ring.ts';

/** The sets of a vault, read from it alone; exit code 1 when a set document is damaged or the chain has a gap. */
export async function listOffline({ warn }: LocalContext, options: OfflineOptions): Promise<Outcome> {
  const keyRing = await readKeyRing(options);
  const vault = await openOfflineVault(options.vault, keyRing, warn);
  const { sets, findings } = await vault.sets();
  const views = sets.map(viewOf);
  const text = [
    `Vault ${vault.id}, fingerprint of its key ${keyRing.fingerprint}`,
    table(
      views,
      [
        { title: 'SET', cell: ({ set }) => set },
        { title: 'CLUSTER', cell: ({ cluster }) => cluster },
        { title: 'NUMBER', cell: ({ sequence }) => `${sequence}`, right: true },
        { title: 'SEALED', cell: ({ sealedAt }) => timeText(sealedAt) },
        { title: 'GUARANTEE', cell: ({ guarantee }) => guarantee },
        { title: 'TREES', cell: ({ trees }) => `${trees.length}`, right: true },
        { title: 'BYTES', cell: ({ bytes }) => bytesText(bytes), right: true },
      ],
      'No sets.',
    ),
    ...(findings.length === 0 ? [] : findingLines(findings)),
  ].join('\n');
  const json = { vault: vault.id, fingerprint: keyRing.fingerprint, sets: views, findings };
  return { json, text, exit: findings.length === 0 ? 0 : 1 };
}

function viewOf({ document }: StoredSet) {
  const { set, cluster, sequence, sealedAt, statement, captures } = document;
  return {
    set,
    cluster: cluster.name,
    sequence,
    sealedAt,
    guarantee: statement.guarantee,
    point: statement.point,
    bytes: captures.reduce((sum, { bytes }) => sum + bytes, 0),
    trees: captures.map((capture) => ({
      tree: treeNameOf(capture),
      path: capture.path,
      entries: capture.entries,
      bytes: capture.bytes,
    })),
  };
}
