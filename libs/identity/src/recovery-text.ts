import { createHash } from 'node:crypto';
import { LifeboatError } from '@lifeboat/kernel';

const LINES_PER_SECRET = 4;
const LINE_BYTES = 8;
const CHECK_BYTES = 2;
const FINGERPRINT_LABEL = 'Fingerprint';
const FINGERPRINT_DIGITS = 16;
const SECRET_LINE = /^\s*(\d{1,5})\s*:(.*)$/gm;
const FINGERPRINT_LINE = /^\s*Fingerprint\s*:(.*)$/im;

/**
 * The lines of a recovery kit that count (FORMAT.md §11): the secret of each key epoch in four lines of 8 bytes, numbered on and
 * on, each with a check of its own, so that a typing mistake has a place; and the fingerprint. Lines behind the fourth are bound
 * to the root secret by their check, so that lines of two kits are not taken for one.
 */
export function formatRecoveryLines(secrets: readonly Uint8Array[], fingerprint: string): string[] {
  const all = Buffer.concat(secrets);
  const lines = Array.from({ length: secrets.length * LINES_PER_SECRET }, (_, index) => {
    const bytes = all.subarray(index * LINE_BYTES, (index + 1) * LINE_BYTES);
    return `${index + 1}: ${inGroups(bytes)}  ${checkOf(index + 1, bytes, secrets[0]!).toString('hex')}`;
  });
  return [...lines, `${FINGERPRINT_LABEL}: ${fingerprint}`];
}

export interface RecoveryLines {
  /** Of each key epoch that the kit knows. */
  readonly secrets: readonly Buffer[];
  readonly fingerprint: string;
}

/** @throws FORMAT_DAMAGED naming the line that has a typing mistake; what was typed is never repeated. */
export function parseRecoveryLines(text: string): RecoveryLines {
  const typed = new Map([...text.matchAll(SECRET_LINE)].map(([, number, rest]) => [Number(number), rest]));
  const epochs = Math.max(1, Math.ceil(Math.max(0, ...typed.keys()) / LINES_PER_SECRET));
  const secrets: Buffer[] = [];
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    const first = (epoch - 1) * LINES_PER_SECRET + 1;
    const parts = Array.from({ length: LINES_PER_SECRET }, (_, index) =>
      parseLine(first + index, typed.get(first + index), secrets[0]),
    );
    secrets.push(Buffer.concat(parts));
  }
  const fingerprint = digitsOf(FINGERPRINT_LINE.exec(text)?.[1] ?? '');
  if (fingerprint.length !== FINGERPRINT_DIGITS)
    throw mistake(`its line ${FINGERPRINT_LABEL} is not there or not whole`);
  return { secrets, fingerprint };
}

export function wrongFingerprint(): LifeboatError {
  return mistake('its fingerprint is not that of its first four lines');
}

function parseLine(number: number, rest: string | undefined, root: Uint8Array | undefined): Buffer {
  if (rest === undefined) throw mistake(`line ${number} is not there`);
  const bytes = Buffer.from(digitsOf(rest), 'hex');
  const secret = bytes.subarray(0, LINE_BYTES);
  if (digitsOf(rest).length !== (LINE_BYTES + CHECK_BYTES) * 2)
    throw mistake(`line ${number} has not 20 digits`);
  if (!checkOf(number, secret, root).equals(bytes.subarray(LINE_BYTES)))
    throw mistake(`the check of line ${number} does not fit`);
  return secret;
}

/** Only the digits, with the letters that people read for digits set right; anything else is left to fail the check. */
function digitsOf(text: string): string {
  return text.replaceAll(/\s/g, '').toLowerCase().replaceAll('o', '0').replaceAll(/[il]/g, '1');
}

function inGroups(bytes: Uint8Array): string {
  return (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(' ');
}

/** `root` is undefined, and not needed, while the lines of the root secret itself are read. */
function checkOf(number: number, bytes: Uint8Array, root: Uint8Array | undefined): Buffer {
  const digest = createHash('sha256').update(`lifeboat/v1/recovery-line/${number}\n`);
  if (number > LINES_PER_SECRET && root !== undefined) digest.update(root);
  return digest.update(bytes).digest().subarray(0, CHECK_BYTES);
}

function mistake(what: string): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', `the recovery kit has a typing mistake: ${what}`, {
    guidance: 'Compare it with the printed page, digit by digit. Digits are 0 to 9 and a to f.',
  });
}
