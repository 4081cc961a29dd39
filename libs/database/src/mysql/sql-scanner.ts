import { LifeboatError } from '@lifeboat/kernel';

/**
 * What a table's rows are wanted for: not at all, whole, or (where they hold files, written as hex digits) the ends of
 * a long row, with the middle of its digits left out.
 */
export type RowInterest = 'none' | 'whole' | 'ends';

/** What a scanned dump is told to. */
export interface SqlSink {
  /** A line outside of INSERT statements, with its line end. `body`: inside a `DELIMITER ;;` region. */
  line(line: Buffer, body: boolean): void;
  /** An INSERT begins (`header` ends with VALUES). Answers how its rows are wanted, one by one. */
  insert(table: string, columns: readonly string[] | undefined, header: Buffer): RowInterest;
  /** The bytes between the parentheses of one wanted row. */
  row(bytes: Buffer): void;
  /** Bytes of a running INSERT after its header, in order. */
  values(bytes: Buffer): void;
  /** The INSERT ended. */
  inserted(rows: number): void;
}

const NEWLINE = 0x0a;
const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const INSERT = Buffer.from('INSERT INTO `');
/** A name ends at a quote before `, ` or `)` and nowhere else: were there two ways to read doubled quotes, each would be tried. */
const HEADER = /^INSERT INTO `((?:[^`]|``)+)`(?: \(((?:`(?:[^`]|``)+`(?:, |(?=\))))+)\))? VALUES/;
/** Names are at most 64 characters, and a table has at most 4,096 columns. */
const MAX_HEADER_BYTES = 2 << 20;
/** What is kept of either end of a long row whose middle nobody wants. */
const ROW_END_BYTES = 16 << 10;
/** One view or one line of a routine; longer would be an attack on our memory. */
const MAX_LINE_BYTES = 64 << 20;

/**
 * Cuts the SQL of mariadb-dump or mysqldump into lines and rows, in pieces of any size.
 *
 * The dump's own grammar makes this safe: line ends in data are escaped, so a statement begins at a line's start;
 * program text (triggers, routines, events), which may hold anything, stands between `DELIMITER ;;` and `DELIMITER ;`.
 */
export class SqlScanner {
  readonly #sink: SqlSink;
  #pending: Buffer = Buffer.alloc(0);
  #body = false;

  #inInsert = false;
  #quoted = false;
  #escaped = false;
  #depth = 0;
  #rows = 0;
  #wanted: RowInterest = 'none';
  #rowPieces: Buffer[] = [];

  constructor(sink: SqlSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    while (at < bytes.length) {
      const next = this.#inInsert ? this.#scanValues(bytes, at) : this.#scanLine(bytes, at);
      if (next === at) break;
      at = next;
    }
    this.#pending = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
    if (this.#pending.length > MAX_LINE_BYTES) {
      throw new LifeboatError('FORMAT_DAMAGED', `the dump has a line of more than ${MAX_LINE_BYTES} bytes`);
    }
  }

  finish(): void {
    if (this.#inInsert || this.#pending.length > 0) {
      throw new LifeboatError('DATABASE_DUMP_INCOMPLETE', 'the dump ends in the middle of a statement', {
        guidance:
          'take the dump again; if it repeats, look at the log of the database server for ended sessions',
      });
    }
  }

  /** Returns where to go on; `at` itself when more bytes are needed. */
  #scanLine(bytes: Buffer, at: number): number {
    const newline = bytes.indexOf(NEWLINE, at);
    if (
      !this.#body &&
      bytes.compare(INSERT, 0, INSERT.length, at, Math.min(bytes.length, at + INSERT.length)) === 0
    ) {
      return this.#openInsert(bytes, at, newline);
    }
    if (newline === -1) return at;
    const line = bytes.subarray(at, newline + 1);
    const body = this.#body;
    if (line.length < 16 && line.toString('latin1').startsWith('DELIMITER ')) {
      this.#body = line.toString('latin1').trim() === 'DELIMITER ;;';
    }
    this.#sink.line(line, body);
    return newline + 1;
  }

  #openInsert(bytes: Buffer, at: number, newline: number): number {
    const end = Math.min(newline === -1 ? bytes.length : newline, at + MAX_HEADER_BYTES);
    const header = HEADER.exec(headerText(bytes, at, end));
    if (header === null) {
      if (newline === -1 && end - at < MAX_HEADER_BYTES) return at;
      throw new LifeboatError('FORMAT_DAMAGED', 'the dump has an INSERT statement of an unknown form');
    }
    const length = Buffer.byteLength(header[0]);
    const columns =
      header[2] === undefined ? undefined : [...header[2].matchAll(/`((?:[^`]|``)+)`/g)].map(unquoted);
    this.#wanted = this.#sink.insert(unquoted(header), columns, bytes.subarray(at, at + length));
    this.#inInsert = true;
    this.#rows = 0;
    this.#depth = 0;
    return at + length;
  }

  /** The hot loop: looks at each byte once and makes no object unless the table's rows are wanted. */
  #scanValues(bytes: Buffer, start: number): number {
    const end = bytes.length;
    let at = start;
    let quoted = this.#quoted;
    let depth = this.#depth;
    let rowStart = start;
    let rows = 0;
    const wanted = this.#wanted !== 'none';
    if (this.#escaped) at += 1;
    while (at < end) {
      const byte = bytes[at];
      at += 1;
      if (quoted) {
        if (byte === BACKSLASH) at += 1;
        else if (byte === QUOTE) quoted = false;
      } else if (byte === QUOTE) {
        quoted = true;
      } else if (byte === OPEN) {
        if (depth === 0) {
          rows += 1;
          rowStart = at;
        }
        depth += 1;
      } else if (byte === CLOSE) {
        depth -= 1;
        if (wanted && depth === 0) this.#endRow(bytes.subarray(rowStart, at - 1));
      } else if (byte === SEMICOLON && depth === 0) {
        this.#inInsert = false;
        break;
      }
    }
    // Past the end: the byte that a backslash protects is the next chunk's first.
    this.#escaped = at > end;
    this.#rows += rows;
    at = Math.min(at, end);
    this.#quoted = quoted;
    this.#depth = depth;
    // A copy, since the chunk is the consumer's once it has passed.
    if (wanted && depth > 0) this.#keepPiece(Buffer.from(bytes.subarray(rowStart, end)));
    this.#sink.values(bytes.subarray(start, at));
    if (!this.#inInsert) this.#sink.inserted(this.#rows);
    return at;
  }

  /** Every column but the file stands in its row's first or last kilobytes. */
  #keepPiece(piece: Buffer): void {
    this.#rowPieces.push(piece);
    if (this.#wanted !== 'ends') return;
    const length = this.#rowPieces.reduce((sum, { length: bytes }) => sum + bytes, 0);
    if (length <= 4 * ROW_END_BYTES) return;
    const row = Buffer.concat(this.#rowPieces);
    this.#rowPieces = [
      Buffer.from(row.subarray(0, ROW_END_BYTES)),
      Buffer.from(row.subarray(length - ROW_END_BYTES)),
    ];
  }

  #endRow(last: Buffer): void {
    const row = this.#rowPieces.length === 0 ? last : Buffer.concat([...this.#rowPieces, last]);
    this.#rowPieces = [];
    this.#sink.row(row);
  }
}

/** As much text as a header may need: most need little, few a lot. */
function headerText(bytes: Buffer, at: number, end: number): string {
  const short = bytes.toString('utf8', at, Math.min(end, at + 512));
  return HEADER.test(short) ? short : bytes.toString('utf8', at, end);
}

function unquoted(match: RegExpExecArray | RegExpMatchArray): string {
  return (match[1] ?? '').replaceAll('``', '`');
}
