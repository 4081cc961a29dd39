import type { BackupSet } from '@lifeboat/console-api';

/**
 * 0 sealed and consistent (known losses included: they are shown, a new loss must not hide among them), 3 sealed
 * with another guarantee, 1 not sealed.
 */
export function exitCodeOfSet({ state, guarantee }: Pick<BackupSet, 'state' | 'guarantee'>): number {
  if (state !== 'sealed' && state !== 'proved') return 1;
  return guarantee === 'consistent' || guarantee === 'consistent-with-known-losses' ? 0 : 3;
}
