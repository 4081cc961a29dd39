import { existsSync } from 'node:fs';
import path from 'node:path';
import { FileSystemBlobStore } from '@lifeboat/blob-store';
import type { KeyRing } from '@lifeboat/identity';
import { LifeboatError, silentLog, type Log } from '@lifeboat/kernel';
import { OfflineVault } from '@lifeboat/vault/offline';

/** The vault in a directory. Looks before it opens, since opening would make the directory. NOT_FOUND, KEY_MISSING. */
export async function openOfflineVault(
  directory: string,
  keyRing: KeyRing,
  warn: (text: string) => void,
): Promise<OfflineVault> {
  if (!existsSync(path.join(directory, 'vault.json'))) {
    throw new LifeboatError('NOT_FOUND', `there is no vault in ${directory}: it has no vault.json`, {
      guidance: 'Name the directory that holds vault.json, packs and sets.',
    });
  }
  return OfflineVault.open(await FileSystemBlobStore.open(directory), keyRing, warnings(warn));
}

/** Of what the library logs, people at a terminal get what is wrong with the vault. */
function warnings(warn: (text: string) => void): Log {
  const say = (fields: object, message: string): void => {
    const facts = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
    warn([message, ...facts].join(', '));
  };
  const log: Log = { ...silentLog, warn: say, error: say, child: () => log };
  return log;
}
