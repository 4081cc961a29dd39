import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '@lifeboat/kernel';
import { setDocument, TestSender, type RunningSet, type TestVault } from '@lifeboat/vault/testing';
import { prune } from '../sets/delete-and-prune.ts';

/**
 * Another server, with a work directory of its own, takes the vault over. The one before, which still lives, then tries to
 * keep bytes, to seal the set that it had captured, to prune and to rotate the keys: each is refused.
 */
export async function assertOvertaken(test: TestVault, running: RunningSet): Promise<void> {
  const [old, oldCatalog] = [test.vault, test.catalog];
  const workDir = join(dirname(test.parts.workDir), `work-${randomUUID()}`);
  Object.assign(test.parts, { workDir, takeOver: true });
  await test.open();
  const late = setDocument(test, 1_000_000, null, running.root!);
  const sender = await TestSender.connect(old.id, test.cluster, test.parts.keyRing);
  const { frames } = sender.seal([Buffer.from('too late')]);
  const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
    'keeps bytes': async () => (await old.ingest(test.cluster)).append(test.node, sender.keys, frames),
    seals: () => old.putSetDocument(late),
    prunes: () => prune(old),
    'rotates the keys': () => old.rotateKeys(test.parts.keyFile),
  };
  try {
    for (const [what, attempt] of Object.entries(attempts)) {
      const code = await attempt().then(() => 'done', systemCodeOf);
      if (code !== 'VAULT_OWNED_BY_ANOTHER') throw new Error(`a server that was overtaken ${what}: ${code}`);
    }
  } finally {
    await old.close();
    await oldCatalog.close();
  }
}
