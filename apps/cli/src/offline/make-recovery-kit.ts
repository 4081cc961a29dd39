import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { writeDurably } from '@lifeboat/runtime';
import { renderSVG } from 'uqr';
import type { LocalContext, Outcome } from '../cli.ts';
import { fitsQrCode } from '../output/qr-text.ts';
import { recoveryPage } from '../output/recovery-page.ts';
import type { SecretOptions } from './offline-options.ts';
import { openOfflineVault } from './open-offline-vault.ts';
import { readKeyRing } from './read-key-ring.ts';

export interface RecoveryKitOptions extends SecretOptions {
  readonly vault?: string;
  readonly output?: string;
  readonly svg?: string;
}

/**
 * A page for the safe. It is made where the key file lies and goes to files of its owner alone or, when none is named, to the
 * terminal; never into --json, which scripts keep.
 */
export async function makeRecoveryKit(context: LocalContext, options: RecoveryKitOptions): Promise<Outcome> {
  const { vault, output, svg } = options;
  if (context.asJson && output === undefined) {
    throw new LifeboatError('USAGE', '--json does not print a secret', {
      guidance: 'Give --output FILE too.',
    });
  }
  const keyRing = await readKeyRing(options);
  const { fingerprint } = keyRing;
  const id = vault === undefined ? null : (await openOfflineVault(vault, keyRing, context.warn)).id;
  const lines = keyRing.recoveryLines();
  if (svg !== undefined && !fitsQrCode(lines.join('\n'))) {
    throw new LifeboatError('USAGE', 'the lines of so many key epochs do not fit into a QR code', {
      guidance: 'Leave out --svg; the page itself has all lines.',
    });
  }
  const page = recoveryPage({ lines, vault: id, date: new Date() });
  if (output !== undefined) await writeSecret(output, page);
  if (svg !== undefined) await writeSecret(svg, renderSVG(lines.join('\n'), { ecc: 'M', border: 4 }));
  const written = [output, svg].filter((file) => file !== undefined);
  const told = `Written: ${written.join(', ')}. Print it, check it with --from-kit, and delete the file.`;
  const json = { vault: id, fingerprint, output: output ?? null, svg: svg ?? null };
  return { json, text: output === undefined ? page : told };
}

/** A new file for its owner alone: nothing is written over, and no link is followed. CONFLICT when it is there. */
async function writeSecret(path: string, text: string): Promise<void> {
  try {
    await writeDurably(path, text);
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
    throw new LifeboatError('CONFLICT', `${path} is there already`, {
      guidance: 'Name a new file.',
      cause: error,
    });
  }
}
