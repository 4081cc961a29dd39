import { LifeboatError } from '@lifeboat/kernel';

const HALF = 0.5;

/** Most of it gone at once looks like a disk that is not mounted. CONFLICT. */
export function assertVaultIsThere(packs: { readonly seen: number; readonly missing: number }): void {
  if (packs.missing <= packs.seen * HALF) return;
  throw new LifeboatError('CONFLICT', `${packs.missing} of ${packs.seen} packs are not in the vault`, {
    guidance:
      'See that the vault is the right one and its file system is mounted. If they are gone for good, repair with --allow-large.',
  });
}
