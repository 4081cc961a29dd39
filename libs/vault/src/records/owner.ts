import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '@lifeboat/blob-store';
import { isUuid, LifeboatError, systemCodeOf, type Clock } from '@lifeboat/kernel';
import { OWNERS } from '../layout.ts';

/** Who this server is, kept beside its open packs: made once. */
export async function instanceId(workDir: string): Promise<string> {
  const path = join(workDir, 'instance-id');
  const known = await readFile(path, 'utf8').catch((thrown: unknown) => {
    if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
    return '';
  });
  if (isUuid(known.trim())) return known.trim();
  const id = randomUUID();
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(`${id}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return id;
}

/**
 * One blob `owner/<instance>` says whose vault this is. Two owners make both refuse: each announces itself before it
 * looks for others. VAULT_OWNED_BY_ANOTHER, unless told to take over.
 */
export async function claimVault(
  store: BlobStore,
  instance: string,
  clock: Clock,
  takeOver: boolean,
): Promise<void> {
  const own = OWNERS + instance;
  const wasOwner = (await store.size(own)) !== undefined;
  if (!wasOwner)
    await store.put(own, Buffer.from(`${JSON.stringify({ instance, since: clock.now().toISOString() })}\n`));
  const others: string[] = [];
  for await (const { name } of store.list(OWNERS)) if (name !== own) others.push(name);
  if (others.length === 0) return;
  if (!takeOver) {
    if (!wasOwner) await store.delete(own);
    throw new LifeboatError('VAULT_OWNED_BY_ANOTHER', 'another server owns this vault', {
      guidance: 'Stop the other server. If it is gone for good, start this one once with --take-over.',
      context: { owners: others.map((name) => name.slice(OWNERS.length)) },
    });
  }
  for (const name of others) await store.delete(name);
}
