/**
 * Paths as the kernel knows them: bytes, not text. Inside this library a path is a *byte string*: one UTF-16 unit
 * (0–255) per byte. Sorting byte strings sorts bytes, they are cheap to join, and a name that is not UTF-8 survives.
 */
export type BytePath = string;

const OUTSIDE_ASCII = /[\x80-\xff]/;

/** What node:fs takes: the string itself when it is ASCII (twice as fast), else its bytes. */
export function forFileSystem(path: BytePath): string | Buffer {
  return OUTSIDE_ASCII.test(path) ? Buffer.from(path, 'latin1') : path;
}

export function bytePath(path: string | Uint8Array): BytePath {
  return Buffer.from(path as string).toString('latin1');
}

/** For people: logs, reports, messages. Bytes that are not UTF-8 become U+FFFD. */
export function displayPath(path: BytePath | Uint8Array): string {
  return (typeof path === 'string' ? Buffer.from(path, 'latin1') : Buffer.from(path)).toString('utf8');
}
