import { Buffer, isUtf8 } from 'node:buffer';

const LONGEST_CHARACTER = 4;
const LOOKS_ESCAPED = /\\(?=x[0-9a-f]{2})/g;

/**
 * A path or name as text that leads back to its bytes: UTF-8 as it is, any other byte as `\xhh`; a backslash that could
 * be taken for such becomes `\x5c`.
 */
export function pathText(path: Buffer): string {
  return isUtf8(path) ? escaped(path.toString()) : pieces(path).join('');
}

/** The bytes that `pathText` made this text of. It takes `\xhh` for any byte, control characters of a terminal too. */
export function pathOfText(text: string): Buffer {
  const parts = text.split(/\\x([0-9a-f]{2})/);
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 0 ? 'utf8' : 'hex')));
}

/** Stretches of UTF-8, escaped as a whole, and what lies between them byte by byte. */
function pieces(path: Buffer): string[] {
  const found: string[] = [];
  let begin = 0;
  let at = 0;
  while (at < path.length) {
    const length = characterAt(path, at);
    at += length;
    if (length > 0) continue;
    found.push(escaped(path.toString('utf8', begin, at)), `\\x${path.toString('hex', at, at + 1)}`);
    at += 1;
    begin = at;
  }
  found.push(escaped(path.toString('utf8', begin)));
  return found;
}

/** Bytes of the character there; 0: none begins. */
function characterAt(path: Buffer, at: number): number {
  for (let length = 1; length <= LONGEST_CHARACTER && at + length <= path.length; length++) {
    if (isUtf8(path.subarray(at, at + length))) return length;
  }
  return 0;
}

function escaped(text: string): string {
  return text.replaceAll(LOOKS_ESCAPED, '\\x5c');
}
