import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileSystemBlobStore, type BlobStore } from '@lifeboat/blob-store';
import { LifeboatError, type Log } from '@lifeboat/kernel';

export interface OpenedStore {
  readonly store: BlobStore;
  /** For people, without credentials. */
  readonly location: string;
}

/** The store that `LIFEBOAT_REPLICA` names; undefined: none does. USAGE when it is the vault itself. */
export async function openReplica(
  replica: string | undefined,
  vault: OpenedStore,
  log: Log,
): Promise<OpenedStore | undefined> {
  if (replica === undefined) return undefined;
  const opened = await openStore(replica, log);
  if (opened.location !== vault.location) return opened;
  throw new LifeboatError('USAGE', 'the replica is the vault itself', {
    guidance: 'Name another place, on another disk: LIFEBOAT_REPLICA.',
  });
}

/** The store that `LIFEBOAT_VAULT` names, and how to speak of it. */
export async function openBlobStore(vault: string | undefined, data: string, log: Log): Promise<OpenedStore> {
  return openStore(vault ?? `file://${path.join(data, 'vault')}`, log);
}

async function openStore(location: string, log: Log): Promise<OpenedStore> {
  const url = URL.parse(location);
  if (url?.protocol === 'file:') {
    return { store: await FileSystemBlobStore.open(fileURLToPath(url)), location };
  }
  if (url?.protocol === 's3:') return openS3(location, log);
  throw new LifeboatError('USAGE', 'the URL of the vault is of a kind that this release does not know', {
    guidance: 'Write file:///an/absolute/path or s3://BUCKET/PREFIX.',
  });
}

async function openS3(vault: string, log: Log): Promise<OpenedStore> {
  // Loaded for those who use it: the SDK costs half a second and 73 MB.
  const { parseS3Location, S3BlobStore } = await import('@lifeboat/blob-store/s3');
  const store = await S3BlobStore.open({ location: parseS3Location(vault) });
  const { place, capabilities } = store;
  log.info({ place, ...capabilities }, 'the vault is on S3');
  return { store, location: place };
}
