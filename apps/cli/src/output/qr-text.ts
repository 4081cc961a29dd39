import { encode } from 'uqr';

/** Upper half, lower half of a character: dark on light, as it looks on paper. */
const HALVES = [
  [' ', '▄'],
  ['▀', '█'],
] as const;

/** What a QR code holds with error correction M: about twenty key epochs. */
const MAX_BYTES = 2331;

/** Whether there is a code for this text. */
export function fitsQrCode(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_BYTES;
}

/** A QR code as lines of text, two rows of modules a line. Error correction M: a fold or a stain is survived. */
export function qrText(text: string): string {
  const { data } = encode(text, { ecc: 'M', border: 4 });
  const lines: string[] = [];
  for (let row = 0; row < data.length; row += 2) {
    const [upper = [], lower = []] = [data[row], data[row + 1]];
    lines.push(upper.map((dark, column) => HALVES[dark ? 1 : 0][lower[column] ? 1 : 0]).join(''));
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}
