import type { SetDeletion } from '@lifeboat/model';
import { LifeboatError, type ClusterId } from '@lifeboat/kernel';
import { CONTROL, controlNameOf, setBlob, setOfSetBlob } from '../layout.ts';
import type { VaultParts } from '../parts.ts';
import {
  findControl,
  listLatestControl,
  putControl,
  readControl,
  type RecordParts,
} from './control-records.ts';
import { assertOwner } from './owner.ts';
import { listSetBlobs } from './set-documents.ts';

const DELETIONS = 'deletions/';

/**
 * Deletes a set: the record first, then the catalog, then the document (ORDERING.md). What a kill leaves undone,
 * `finishDeletions` does. Repeating it changes nothing. VAULT_OWNED_BY_ANOTHER.
 */
export async function deleteSet(parts: VaultParts, deletion: SetDeletion): Promise<SetDeletion> {
  await assertOwner(parts.store, parts.instance);
  const recorded = await findDeletion(parts, deletion.set);
  if (recorded === undefined) await putControl(parts, DELETIONS + deletion.set, deletion);
  await carryOut(parts, recorded ?? deletion);
  return recorded ?? deletion;
}

/** Carries out deletions that were recorded and broke off. Those of clusters unknown to the catalog wait for reindex. */
export async function finishDeletions(parts: VaultParts): Promise<void> {
  const there = new Set<string | undefined>();
  for await (const blob of listSetBlobs(parts.store)) there.add(setOfSetBlob(blob));
  for await (const { name: blob } of parts.store.list(CONTROL + DELETIONS)) {
    const set = controlNameOf(blob)?.name.slice(DELETIONS.length);
    const deletion = set !== undefined && there.has(set) ? await findDeletion(parts, set) : undefined;
    if (deletion === undefined) continue;
    if (await parts.catalog.clusters.byId(deletion.cluster.id as ClusterId)) await carryOut(parts, deletion);
  }
}

/** By set. SIGNATURE_INVALID, FORMAT_DAMAGED. */
export async function readDeletions(parts: RecordParts): Promise<ReadonlyMap<string, SetDeletion>> {
  const deletions = new Map<string, SetDeletion>();
  for await (const { read } of listDeletions(parts)) {
    const deletion = await read();
    deletions.set(deletion.set, deletion);
  }
  return deletions;
}

/** Each record of a deleted set, to be read for itself. */
export async function* listDeletions(
  parts: RecordParts,
): AsyncGenerator<{ blob: string; read: () => Promise<SetDeletion> }> {
  for await (const { blob } of listLatestControl(parts, DELETIONS))
    yield { blob, read: async () => checked(await readControl(parts, blob)) };
}

async function findDeletion(parts: RecordParts, set: string): Promise<SetDeletion | undefined> {
  const plain = await findControl(parts, DELETIONS + set);
  return plain === undefined ? undefined : checked(plain);
}

async function carryOut({ catalog, store, log }: VaultParts, deletion: SetDeletion): Promise<void> {
  const { cluster, sequence, set } = deletion;
  await catalog.sets.delete(deletion);
  await store.delete(setBlob(cluster.id, sequence, set));
  log.info({ set, cluster: cluster.id, sequence, by: deletion.deletedBy }, 'set deleted');
}

/** The signature vouches for who wrote it. */
function checked(plain: unknown): SetDeletion {
  const deletion = plain as SetDeletion;
  if (deletion?.version === 1 && typeof deletion.set === 'string' && typeof deletion.hash === 'string')
    return deletion;
  throw new LifeboatError('FORMAT_UNSUPPORTED', 'the record of a deleted set is of a newer release', {
    guidance: 'Use that release or later.',
  });
}
