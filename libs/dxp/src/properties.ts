/** One setting of a Java properties file. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** 1-based line on which the setting begins. */
  readonly line: number;
}

/**
 * Reads a Java `.properties` text as java.util.Properties does: comments with # and !, `=`, `:` or white space
 * after the key, backslash escapes, \uXXXX, and lines continued by an odd number of backslashes. Every setting is
 * returned, in order, since the portal lets `include-and-override` repeat.
 */
export function parseProperties(text: string): Property[] {
  return logicalLines(text).map(({ text: line, number }) => ({ ...splitSetting(line), line: number }));
}

/**
 * What the portal would stumble over in a properties file. It passes over the whole file then, so each problem names
 * file and line, and what to do.
 */
export function propertyProblems(file: string, text: string): string[] {
  const binary = text.indexOf('\0');
  if (binary >= 0) return [`${file}:${lineAt(text, binary)}: not a text file, the portal cannot read it`];
  return logicalLines(text)
    .filter(({ text: line }) => hasBadEscape(line))
    .map(
      ({ number }) =>
        `${file}:${number}: \\u without four hexadecimal digits, and the portal passes over the whole file: write a backslash as \\\\`,
    );
}

function hasBadEscape(line: string): boolean {
  return [...line.matchAll(/\\(?:u[0-9a-fA-F]{4}|(.))/gs)].some(([, char]) => char === 'u');
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split(/\r\n|\r|\n/).length;
}

function logicalLines(text: string): { text: string; number: number }[] {
  const natural = text.split(/\r\n|\r|\n/);
  const lines: { text: string; number: number }[] = [];
  for (let at = 0; at < natural.length; at++) {
    const number = at + 1;
    const parts = [trimStart(natural[at]!)];
    if (parts[0] === '' || parts[0]!.startsWith('#') || parts[0]!.startsWith('!')) continue;
    while (isContinued(parts.at(-1)!) && at + 1 < natural.length) parts.push(trimStart(natural[++at]!));
    // Joined once: a setting of a thousand lines is not copied a thousand times.
    const text = parts.map((part) => (isContinued(part) ? part.slice(0, -1) : part)).join('');
    lines.push({ text, number });
  }
  return lines;
}

/** Java's white space: no more than space, tab and form feed. */
function trimStart(line: string): string {
  return line.replace(/^[ \t\f]+/, '');
}

function isContinued(line: string): boolean {
  let backslashes = 0;
  while (line[line.length - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function splitSetting(line: string): { key: string; value: string } {
  const key = /^(?:\\.|[^\\=: \t\f])*/s.exec(line)![0];
  const value = line.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
  return { key: unescape(key), value: unescape(value) };
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** A malformed \u is taken literally: one bad line must not hide the rest of a portal's configuration. */
function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
