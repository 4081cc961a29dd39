import { LifeboatError } from '@lifeboat/kernel';
import { DxpRowCollector, isDxpTable } from '../documents/dxp-row-collector.ts';
import type { ObjectCounts } from '../object-counts.ts';
import { ArchiveReader, damaged, INCOMPLETE } from './archive-reader.ts';
import { FIXED_HEADER_LENGTH, readHeader, readSizes, readTocEntry } from './archive-toc.ts';
import type { ArchiveHeader, TocEntry } from './archive-toc.ts';
import { copyColumns, copyFields } from './copy-text.ts';

/*
 * header ‖ entries of the table of contents ‖ blocks
 *   table block   01 int(dump id) { int(length) bytes }* int(0)            bytes = COPY text, then "\.\n\n\n"
 *   blobs block   03 int(dump id) { int(oid) { int(length) bytes }* int(0) }* int(0)
 * There is no end mark: an archive is whole when every entry that has data has had its block.
 */
const BLOCK_DATA = 1;
const BLOCK_BLOBS = 3;
const NEWLINE = 0x0a;
/** The last four bytes of the mark that pg_dump writes after a table's rows; it accounts for three line ends. */
const END_OF_COPY = 0x2e0a0a0a;
const END_OF_COPY_LINES = 3;

type State = 'fixed-header' | 'header' | 'entries' | 'block' | 'blob' | 'piece' | 'bytes';

/**
 * Understands a pg_dump custom archive as it passes by, uncompressed, in pieces of any size: what it defines, how
 * many rows each table has, and the DXP rows. Bytes of other tables are only counted through.
 */
export class ArchiveParser {
  header: ArchiveHeader | undefined;
  readonly entries: TocEntry[] = [];
  /** By `schema.table`. */
  readonly rowsByTable = new Map<string, number>();
  rows = 0;
  largeObjects = 0;
  /** Bytes of each by its oid. */
  readonly largeObjectBytes = new Map<number, number>();
  readonly dxpRows = new DxpRowCollector();

  #state: State = 'fixed-header';
  #sizes = { minor: 0, intSize: 4, offsetSize: 8 };
  #pending: Buffer = Buffer.alloc(0);
  readonly #awaited = new Map<number, TocEntry>();

  #inBlobs = false;
  #oid = 0;
  #pieceLeft = 0;
  #newlines = 0;
  #tail = 0;
  #table: TocEntry | undefined;
  #columns: string[] | undefined;
  #rowPieces: Buffer[] = [];

  push(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = bytes.subarray(this.#consume(bytes));
  }

  /** Throws DATABASE_DUMP_INCOMPLETE unless the archive ended where an archive ends. */
  finish(): void {
    if (this.#state !== 'block' || this.#pending.length > 0)
      throw incomplete('it ends in the middle of a block');
    const missing = [...this.#awaited.values()];
    if (missing.length > 0) {
      const names = missing.slice(0, 3).map(qualified).join(', ');
      throw incomplete(`${missing.length} tables have no data in it (${names})`);
    }
  }

  /** What the table of contents defines, counted like the server's catalog is. */
  counts(): ObjectCounts {
    const of = (...kinds: string[]): number => this.entries.filter(({ kind }) => kinds.includes(kind)).length;
    return {
      tables: of('TABLE', 'FOREIGN TABLE'),
      views: of('VIEW', 'MATERIALIZED VIEW'),
      triggers: of('TRIGGER'),
      routines: of('FUNCTION', 'PROCEDURE', 'AGGREGATE'),
      events: of('EVENT TRIGGER'),
      largeObjects: this.largeObjects,
      rules: of('RULE'),
      sequences: of('SEQUENCE'),
    };
  }

  /** Returns how many bytes were understood; the rest comes back in front of the next chunk. */
  #consume(bytes: Buffer): number {
    const reader = new ArchiveReader(bytes, 0, this.#sizes.intSize);
    let consumed = 0;
    try {
      while (consumed < bytes.length) {
        this.#step(reader);
        if (reader.position === consumed) break;
        consumed = reader.position;
      }
    } catch (thrown) {
      if (thrown !== INCOMPLETE) throw thrown;
    }
    return consumed;
  }

  #step(reader: ArchiveReader): void {
    switch (this.#state) {
      case 'fixed-header':
        reader.skip(FIXED_HEADER_LENGTH);
        this.#sizes = readSizes(reader.bytes);
        this.#state = 'header';
        return;
      case 'header':
        this.header = readHeader(reader, this.#sizes);
        this.#state = this.header.entries === 0 ? 'block' : 'entries';
        return;
      case 'entries':
        this.#entry(reader);
        return;
      case 'block':
        this.#openBlock(reader);
        return;
      case 'blob':
        this.#openBlob(reader);
        return;
      case 'piece':
      case 'bytes':
        this.#data(reader);
    }
  }

  #entry(reader: ArchiveReader): void {
    const header = this.header;
    if (header === undefined) throw damaged('entries before the header');
    const entry = readTocEntry(reader, header);
    this.entries.push(entry);
    if (entry.hasData) this.#awaited.set(entry.dumpId, entry);
    if (this.entries.length === header.entries) this.#state = 'block';
  }

  #openBlock(reader: ArchiveReader): void {
    const type = reader.byte();
    const dumpId = reader.int();
    const entry = this.#awaited.get(dumpId);
    if (entry === undefined || (type !== BLOCK_DATA && type !== BLOCK_BLOBS)) {
      throw damaged(`a block of type ${type} for entry ${dumpId}`);
    }
    this.#awaited.delete(dumpId);
    this.#inBlobs = type === BLOCK_BLOBS;
    this.#state = this.#inBlobs ? 'blob' : 'piece';
    if (this.#inBlobs) return;
    this.#table = entry;
    this.#columns = isDxpTable(entry.tag) ? copyColumns(entry.copyStatement) : undefined;
    this.#newlines = 0;
    this.#tail = 0;
    this.#rowPieces = [];
  }

  #openBlob(reader: ArchiveReader): void {
    this.#oid = reader.int();
    if (this.#oid === 0) {
      this.#state = 'block';
      return;
    }
    this.largeObjects += 1;
    this.#oid >>>= 0; // pg_dump writes oids as signed integers
    this.largeObjectBytes.set(this.#oid, 0);
    this.#state = 'piece';
  }

  /** The hot loop: pg_dump writes one piece for each row, so no object is made for a piece. */
  #data(reader: ArchiveReader): void {
    const { bytes } = reader;
    const end = bytes.length;
    let at = reader.position;
    for (;;) {
      if (this.#state === 'piece') {
        if (at + 5 > end) return;
        // A sign byte and four bytes of length; a negative length does not exist.
        if (bytes[at] !== 0) throw damaged('a negative length');
        this.#pieceLeft = bytes.readUInt32LE(at + 1);
        at += 5;
        reader.position = at;
        if (this.#pieceLeft === 0) {
          this.#closeData();
          return;
        }
        if (this.#inBlobs) this.#countBlobBytes(this.#pieceLeft);
        this.#state = 'bytes';
      }
      const until = Math.min(end, at + this.#pieceLeft);
      if (!this.#inBlobs) this.#copyBytes(bytes, at, until);
      this.#pieceLeft -= until - at;
      at = until;
      reader.position = at;
      if (this.#pieceLeft > 0) return;
      this.#state = 'piece';
      if (at === end) return;
    }
  }

  #countBlobBytes(bytes: number): void {
    this.largeObjectBytes.set(this.#oid, this.largeObjectBytes.get(this.#oid)! + bytes);
  }

  #copyBytes(bytes: Buffer, start: number, end: number): void {
    if (this.#columns !== undefined) this.#collect(bytes, start, end);
    let newlines = 0;
    for (let at = start; at < end; at += 1) if (bytes[at] === NEWLINE) newlines += 1;
    this.#newlines += newlines;
    for (let at = Math.max(start, end - 4); at < end; at += 1)
      this.#tail = ((this.#tail << 8) | bytes[at]!) >>> 0;
  }

  #collect(bytes: Buffer, start: number, end: number): void {
    let from = start;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, from);
      if (newline === -1 || newline >= end) break;
      this.#rowPieces.push(bytes.subarray(from, newline));
      this.#row(this.#rowPieces.length === 1 ? this.#rowPieces[0]! : Buffer.concat(this.#rowPieces));
      this.#rowPieces = [];
      from = newline + 1;
    }
    // A copy, since the chunk is the consumer's once it has passed.
    if (from < end) this.#rowPieces.push(Buffer.from(bytes.subarray(from, end)));
  }

  #row(line: Buffer): void {
    const columns = this.#columns;
    const table = this.#table;
    if (columns === undefined || table === undefined) return;
    const text = line.toString('utf8');
    if (text === '\\.') {
      this.#columns = undefined;
      return;
    }
    const fields = copyFields(text);
    if (fields.length !== columns.length)
      throw damaged(`a row of ${qualified(table)} with ${fields.length} fields`);
    this.dxpRows.add(table.namespace, table.tag, columns, fields);
  }

  #closeData(): void {
    if (this.#inBlobs) {
      this.#state = 'blob';
      return;
    }
    const table = this.#table;
    if (table === undefined || this.#tail !== END_OF_COPY) {
      throw incomplete(`the rows of ${table === undefined ? 'a table' : qualified(table)} have no end mark`);
    }
    const rows = this.#newlines - END_OF_COPY_LINES;
    this.rows += rows;
    this.rowsByTable.set(qualified(table), rows);
    this.#state = 'block';
  }
}

function qualified(entry: TocEntry): string {
  return entry.namespace === '' ? entry.tag : `${entry.namespace}.${entry.tag}`;
}

function incomplete(what: string): LifeboatError {
  return new LifeboatError('DATABASE_DUMP_INCOMPLETE', `the dump is not whole: ${what}`, {
    guidance: 'take the dump again; if it repeats, look at the log of the database server for ended sessions',
  });
}
