import type { ErrorCode } from '@lifeboat/kernel';
import type { SeededRandom } from '@lifeboat/testkit';

/** One reader of outside bytes, and how to make bytes that it takes. */
export interface Decoder {
  readonly name: string;
  /** Bytes that it accepts. */
  valid(random: SeededRandom): Buffer;
  /** Makes changed bytes pass the first check (a CRC, a seal, a signature) again, so that what lies behind is reached. */
  mend?(bytes: Buffer): Buffer;
  /** Reads all there is. `random` for how, e.g. in which pieces. */
  decode(bytes: Buffer, random: SeededRandom): void | Promise<void>;
  /** How it may refuse; anything else that is thrown is a fault. */
  readonly refusals: readonly ErrorCode[];
  /** Bytes that it may take whatever the input's length. */
  readonly allowance?: number;
}

export const BREACHES = [
  'FORMAT_DAMAGED',
  'FORMAT_UNSUPPORTED',
  'DECRYPTION_FAILED',
  'SIGNATURE_INVALID',
] as const satisfies readonly ErrorCode[];

/** A decoder's promise that does not hold. */
export class DecoderFault extends Error {
  override readonly name = 'DecoderFault';
}
