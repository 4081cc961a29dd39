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

export function vaultFull(where: string, cause: unknown): LifeboatError {
  return new LifeboatError('VAULT_FULL', `no space left at ${where}: ${messageOf(cause)}`, {
    guidance:
      'Free space on the file system of the vault or make it larger, then take the set again; nothing sealed is lost.',
    cause,
  });
}
