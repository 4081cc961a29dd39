import { readFileSync } from 'node:fs';
import { bytePath, type BytePath } from './byte-path.ts';

/** Mount points below a directory (absolute, without links), relative to it: none of them can be renamed. */
export function mountsBelow(root: BytePath): BytePath[] {
  const prefix = root === '/' ? '/' : `${root}/`;
  const found = new Set<BytePath>();
  for (const line of bytePath(readFileSync('/proc/self/mountinfo')).split('\n')) {
    const point = line
      .split(' ')[4]
      ?.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    if (point !== undefined && point.startsWith(prefix) && point.length > prefix.length)
      found.add(point.slice(prefix.length));
  }
  return [...found].sort();
}
