import { createHash } from 'node:crypto';
import type { BlobStore } from '@lifeboat/blob-store';
import { LifeboatError, systemCodeOf, type PackName } from '@lifeboat/kernel';
import { packBlob } from '../layout.ts';

/** Puts the bytes and reads them back; what lies there under that name and is not the same gives way. Bytes written. */
export async function copyVerified(to: BlobStore, name: string, bytes: Buffer): Promise<number> {
  if ((await bytesOf(to, name))?.equals(bytes) === true) return 0;
  // A copy, and a damaged one: the vault has just been read and has the right one.
  await to.delete(name);
  await to.put(name, bytes);
  if ((await to.get(name)).equals(bytes)) return bytes.length;
  throw new LifeboatError('FORMAT_DAMAGED', `the replica gives back other bytes of ${name} than were put`, {
    guidance: 'Look after the disk of the replica; the server tries it again.',
  });
}

/** A pack's bytes, if the store has it whole: its name is their SHA-256. */
export async function wholePack(store: BlobStore, name: PackName): Promise<Buffer | undefined> {
  const bytes = await bytesOf(store, packBlob(name));
  return bytes !== undefined && sha256(bytes) === name ? bytes : undefined;
}

export async function bytesOf(store: BlobStore, name: string): Promise<Buffer | undefined> {
  return store.get(name).catch((thrown: unknown) => {
    if (systemCodeOf(thrown) !== 'BLOB_NOT_FOUND') throw thrown;
    return undefined;
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
