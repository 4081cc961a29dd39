import { text } from 'node:stream/consumers';
import { KeyRing, readPrivateFile } from '@lifeboat/identity';
import { LifeboatError } from '@lifeboat/kernel';
import type { SecretOptions } from './offline-options.ts';

/** @throws USAGE unless exactly one source is named; NOT_FOUND, KEY_EXPOSED, FORMAT_DAMAGED */
export async function readKeyRing({ key, fromKit }: SecretOptions): Promise<KeyRing> {
  if ((key === undefined) === (fromKit === undefined)) {
    throw new LifeboatError('USAGE', 'the root secret has to come from one place', {
      guidance: 'Give --key FILE or --from-kit FILE.',
    });
  }
  if (key !== undefined) return KeyRing.read(key);
  const kit = fromKit === '-' ? await text(process.stdin) : await readPrivateFile(fromKit as string);
  return KeyRing.fromRecoveryText(kit);
}
