import type { ManifestEntry } from '@lifeboat/vault-format';
import { TestSender } from './test-sender.ts';
import { sendManifest } from './test-tree.ts';
import type { TestVault } from './test-vaults.ts';

/** Puts the manifest of these entries, in path order, into the vault, not what they name; the root's id. */
export async function sendEntries(test: TestVault, entries: Iterable<ManifestEntry>): Promise<Buffer> {
  const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
  const ingest = await test.vault.ingest(test.cluster);
  const kept: Promise<unknown>[] = [];
  const root = await sendManifest(entries, async (raw, type) => {
    const { ids, frames } = sender.seal([raw], type);
    kept.push(ingest.append(test.node, sender.keys, frames));
    return ids;
  });
  await Promise.all(kept);
  return root;
}
