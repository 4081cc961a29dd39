import { Buffer } from 'node:buffer';

/** Bytes written as one token a line, hex first, then what it means. For tests. */
export function goldenBytes(lines: string): Buffer {
  const tokens = lines
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/)[0]!);
  return Buffer.concat(tokens.map((token) => Buffer.from(token, 'hex')));
}
