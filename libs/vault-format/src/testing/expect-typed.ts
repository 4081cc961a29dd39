import { isLifeboatError, type ErrorCode } from '@lifeboat/kernel';

const CODES: readonly ErrorCode[] = [
  'FORMAT_DAMAGED',
  'FORMAT_UNSUPPORTED',
  'DECRYPTION_FAILED',
  'SIGNATURE_INVALID',
];

/** The code with which `read` refuses, or undefined when it does not; anything but a typed refusal is thrown on. */
export function refusalOf(read: () => unknown): ErrorCode | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (isLifeboatError(error) && CODES.includes(error.code)) return error.code;
    throw error;
  }
}
