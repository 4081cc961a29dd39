import { LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';

export function blobNotFound(name: string, cause?: unknown): LifeboatError {
  return new LifeboatError('BLOB_NOT_FOUND', `no blob ${name} in the vault`, { cause, context: { name } });
}

export function blobExists(name: string): LifeboatError {
  return new LifeboatError('BLOB_EXISTS', `blob ${name} is in the vault already`, { context: { name } });
}

/** ENOSPC and EDQUOT mean the same to the operator: there is no room. */
export function isNoSpace(thrown: unknown): boolean {
  const code = systemCodeOf(thrown);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** The file system does not let this account write there, or not at all. */
export function isWriteRefused(thrown: unknown): boolean {
  return ['EROFS', 'EACCES', 'EPERM'].includes(systemCodeOf(thrown) ?? '');
}

export function writeRefused(where: string, cause: unknown): LifeboatError {
  return new LifeboatError('VAULT_REFUSED', `${where} cannot be written to: ${messageOf(cause)}`, {
    guidance:
      'Make the file system of the vault writable for the account of the server, then do it again; nothing sealed is lost.',
    cause,
  });
}

export function vaultFull(where: string, cause: unknown): LifeboatError {
  return new LifeboatError('VAULT_FULL', `no space left at ${where}: ${messageOf(cause)}`, {
    guidance:
      'Free space on the file system of the vault or make it larger, then take the set again; nothing sealed is lost.',
    cause,
  });
}
