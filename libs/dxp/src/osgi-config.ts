import { LifeboatError } from '@lifeboat/kernel';

export type OsgiScalar = string | number | bigint | boolean;
export type OsgiValue = OsgiScalar | readonly OsgiScalar[];

export interface OsgiEntry {
  readonly key: string;
  readonly value: OsgiValue;
  /** 1-based line on which the entry begins. */
  readonly line: number;
}

/**
 * Reads an OSGi `.config` text (Apache Felix's typed syntax): `key=T"value"` with the types T (or none) string,
 * I integer, L long, F float, D double, X byte, S short, C character, B boolean (lower case: primitives), arrays
 * in [ ] and vectors in ( ). Longs are bigint. Floats written as bits are decoded.
 * @throws LifeboatError FORMAT_UNSUPPORTED with the line at which the syntax ends to make sense
 */
export function parseOsgiConfig(text: string): OsgiEntry[] {
  const reader = new Reader(text);
  const entries: OsgiEntry[] = [];
  for (;;) {
    reader.skipBlankAndComments();
    if (reader.atEnd()) return entries;
    const line = reader.line();
    entries.push({ key: reader.readKey(), value: reader.readValue(), line });
  }
}

/** A value as one string, as an older `.cfg` file would hold it. */
export function osgiText(value: OsgiValue): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '(': ')' };
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };

class Reader {
  private at = 0;
  private readonly text: string;
  /** Lines are counted from where they were counted last: a long file is not counted anew for each entry. */
  private counted = { at: 0, line: 1 };

  constructor(text: string) {
    this.text = text;
  }

  atEnd(): boolean {
    return this.at >= this.text.length;
  }

  line(): number {
    let { at, line } = this.counted;
    for (; at < this.at; at++) if (this.text[at] === '\n') line++;
    this.counted = { at, line };
    return line;
  }

  skipBlankAndComments(): void {
    this.skip(/(?:\s+|#[^\n\r]*)*/y);
  }

  readKey(): string {
    const key = this.skip(/"(?:\\.|[^"\\])*"|(?:\\.|[^\s="\\])+/y);
    if (key === '') this.fail('a key is expected');
    this.skipLayout();
    this.expect('=');
    this.skipLayout();
    return unescape(key.replace(/^"(.*)"$/s, '$1'));
  }

  readValue(): OsgiValue {
    const type = this.skip(/[TILFDXSCBilfdxscb]/y) || 'T';
    this.skipLayout();
    const closing = CLOSING[this.text[this.at] ?? ''];
    return closing === undefined ? this.readScalar(type) : this.readList(type, closing);
  }

  private readList(type: string, closing: string): OsgiScalar[] {
    const list: OsgiScalar[] = [];
    this.at++;
    for (;;) {
      this.skipLayout();
      if (this.text[this.at] === closing) {
        this.at++;
        return list;
      }
      if (list.length > 0) {
        this.expect(',');
        this.skipLayout();
        // A comma after the last value is common in files that the portal itself wrote.
        if (this.text[this.at] === closing) continue;
      }
      list.push(this.readScalar(type));
    }
  }

  private readScalar(type: string): OsgiScalar {
    const quoted = this.skip(/"(?:\\.|[^"\\])*"/sy);
    if (quoted === '') this.fail('a quoted value is expected');
    return this.convert(type, unescape(quoted.slice(1, -1)));
  }

  private convert(type: string, text: string): OsgiScalar {
    switch (type.toUpperCase()) {
      case 'T':
      case 'C':
        return text;
      case 'B':
        return text.toLowerCase() === 'true';
      case 'L':
        return /^[+-]?\d+$/.test(text)
          ? BigInt(text.replace(/^\+/, ''))
          : this.fail(`"${text}" is not a long`);
      case 'F':
        return this.real(text, (bits) => new Float32Array(new Int32Array([Number(bits)]).buffer)[0]!);
      case 'D':
        return this.real(text, (bits) => new Float64Array(new BigInt64Array([bits]).buffer)[0]!);
      default:
        return /^[+-]?\d+$/.test(text) ? Number(text) : this.fail(`"${text}" is not an integer`);
    }
  }

  /** Felix writes reals as the integer of their bits, people write them with a point. */
  private real(text: string, fromBits: (bits: bigint) => number): number {
    if (/^-?\d+$/.test(text)) return fromBits(BigInt(text));
    const value = Number(text);
    return text.trim() !== '' && !Number.isNaN(value) ? value : this.fail(`"${text}" is not a number`);
  }

  /** White space and the backslash that continues a line. */
  private skipLayout(): void {
    this.skip(/(?:\s|\\(?=\s*[\r\n]))*/y);
  }

  private skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  private expect(char: string): void {
    if (this.text[this.at] !== char) this.fail(`"${char}" is expected`);
    this.at++;
  }

  private fail(what: string): never {
    throw new LifeboatError(
      'FORMAT_UNSUPPORTED',
      `not an OSGi configuration: ${what} in line ${this.line()}`,
    );
  }
}

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
