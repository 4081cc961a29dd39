import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileSystemBlobStore, type BlobStore } from '@lifeboat/blob-store';
import { LifeboatError } from '@lifeboat/kernel';

/** The store that `LIFEBOAT_VAULT` names, and how to speak of it. */
export async function openBlobStore(
  vault: string | undefined,
  data: string,
): Promise<{ store: BlobStore; location: string }> {
  const location = vault ?? `file://${path.join(data, 'vault')}`;
  const url = URL.parse(location);
  if (url?.protocol !== 'file:') {
    throw new LifeboatError('USAGE', `the vault ${location} is of a kind that this release does not know`, {
      guidance: 'Write file:///an/absolute/path.',
    });
  }
  return { store: await FileSystemBlobStore.open(fileURLToPath(url)), location };
}
