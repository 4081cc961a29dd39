import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '@lifeboat/blob-store';
import { isUuid, LifeboatError, systemCodeOf, type Clock } from '@lifeboat/kernel';
import { Backoff, makeDirectory, sleep, syncDirectory, writeDurably } from '@lifeboat/runtime';
import { OWNERS } from '../layout.ts';

/** About a quarter of a minute. */
const LOOKS = 20;
const LONGEST_PAUSE_MILLIS = 2000;

type Pause = (millis: number) => Promise<void>;

/** Who this server is, kept beside its open packs: made once. */
export async function instanceId(workDir: string): Promise<string> {
  const path = join(workDir, 'instance-id');
  const known = await readFile(path, 'utf8').catch((thrown: unknown) => {
    if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
    return '';
  });
  const id = isUuid(known.trim()) ? known.trim() : randomUUID();
  await makeDirectory(workDir);
  if (id !== known.trim()) await writeDurably(path, `${id}\n`, { flag: 'w' });
  // Also of one that was found: who wrote it may have been killed before this. The vault must not outlive its owner's name.
  await syncDirectory(workDir);
  return id;
}

/**
 * One blob `owner/<instance>` says whose vault this is. Two owners make both refuse: each announces itself before it
 * looks for others. VAULT_OWNED_BY_ANOTHER, unless told to take over; VAULT_UNREACHABLE when the store's listing does
 * not catch up.
 */
export async function claimVault(
  store: BlobStore,
  instance: string,
  clock: Clock,
  takeOver: boolean,
  pause: Pause = sleep,
): Promise<void> {
  const own = OWNERS + instance;
  const wasOwner = (await store.size(own)) !== undefined;
  if (!wasOwner)
    await store.put(own, Buffer.from(`${JSON.stringify({ instance, since: clock.now().toISOString() })}\n`));
  const others = await othersBeside(store, own, pause);
  if (others.length === 0) return;
  if (!takeOver) {
    if (!wasOwner) await store.delete(own);
    throw ownedBy(
      others,
      'Stop the other server. If it is gone for good, start this one once with --take-over.',
    );
  }
  for (const name of others) await store.delete(name);
}

/** Looks again, later: another may have taken the vault over since. VAULT_OWNED_BY_ANOTHER. */
export async function assertOwner(store: BlobStore, instance: string): Promise<void> {
  const owners = await listOwners(store);
  if (owners.length === 1 && owners[0] === OWNERS + instance) return;
  throw ownedBy(owners, 'This server wrote nothing more. Stop it, or the other one.');
}

/**
 * A store may list late. Entries come in one order for all: of two that announced themselves at the same time, whoever
 * came second finds the first in the very listing that shows it itself.
 */
async function othersBeside(store: BlobStore, own: string, pause: Pause): Promise<string[]> {
  const backoff = new Backoff({ maxMillis: LONGEST_PAUSE_MILLIS });
  for (let look = 1; ; look += 1) {
    const owners = await listOwners(store);
    if (owners.includes(own)) return owners.filter((name) => name !== own);
    if (look === LOOKS) {
      throw new LifeboatError('VAULT_UNREACHABLE', `the store does not list ${own}, which is there`, {
        guidance:
          'Its listing lags, so nobody can say whether another server owns the vault. Start again when it has caught up.',
      });
    }
    await pause(backoff.next());
  }
}

async function listOwners(store: BlobStore): Promise<string[]> {
  const owners: string[] = [];
  for await (const { name } of store.list(OWNERS)) owners.push(name);
  return owners;
}

function ownedBy(owners: readonly string[], guidance: string): LifeboatError {
  return new LifeboatError('VAULT_OWNED_BY_ANOTHER', 'another server owns this vault', {
    guidance,
    context: { owners: owners.map((name) => name.slice(OWNERS.length)) },
  });
}
