import { LifeboatError } from '@lifeboat/kernel';
import type { LocalContext, Outcome } from '../cli.ts';
import { checkOutcome } from '../output/check-outcome.ts';
import { countText } from '../output/units.ts';
import type { OfflineOptions } from './offline-options.ts';
import { openOfflineVault } from './open-offline-vault.ts';
import { readKeyRing } from './read-key-ring.ts';

export interface CheckOfflineOptions extends OfflineOptions {
  readonly readData?: true;
  readonly maxDuration?: string;
}

/** The vault looked over with nothing but its key; exit code 1 when something is wrong. */
export async function checkOffline(
  { progress, warn }: LocalContext,
  options: CheckOfflineOptions,
): Promise<Outcome> {
  if (options.maxDuration !== undefined) {
    throw new LifeboatError(
      'USAGE',
      '--max-duration needs a server: a vault does not keep when it was read',
      {
        guidance: 'Leave it out to read everything, or let the server check.',
      },
    );
  }
  const vault = await openOfflineVault(options.vault, await readKeyRing(options), warn);
  const report = await vault.check({
    readData: options.readData ?? false,
    onPack: (packs) => progress.show(`checking packs: ${countText(packs)}`, null),
  });
  return checkOutcome(report);
}
