import { LifeboatError } from '@lifeboat/kernel';
import { damaged, type ArchiveReader } from './archive-reader.ts';

/** Archive versions as `minor` of 1.x: 12 is PostgreSQL 9.x–10, 13 and 14 up to 15, 15 is 16, 16 is 17 and 18. */
const OLDEST_MINOR = 12;
const NEWEST_MINOR = 16;
const WITH_TABLE_ACCESS_METHOD = 14;
const WITH_COMPRESSION_BYTE = 15;
const WITH_RELATION_KIND = 16;
const FORMAT_CUSTOM = 1;
const MAX_ENTRIES = 10_000_000;

export interface ArchiveHeader {
  readonly minor: number;
  readonly intSize: number;
  readonly offsetSize: number;
  readonly serverVersion: string;
  /** Of pg_dump. */
  readonly clientVersion: string;
  readonly entries: number;
}

/** One line of the table of contents. */
export interface TocEntry {
  readonly dumpId: number;
  /** A data block with this dump id must follow. */
  readonly hasData: boolean;
  readonly tag: string;
  /** `TABLE`, `TABLE DATA`, `VIEW`, `TRIGGER`, `FUNCTION`, `ACL`, `BLOBS`… */
  readonly kind: string;
  readonly definition: string;
  readonly copyStatement: string;
  readonly namespace: string;
  readonly owner: string;
}

/** Bytes of the fixed beginning: `PGDMP`, three version bytes, sizes of integers and offsets, format. */
export const FIXED_HEADER_LENGTH = 11;

/** Reads the sizes that every later value depends on. `bytes` holds at least FIXED_HEADER_LENGTH. */
export function readSizes(bytes: Buffer): { minor: number; intSize: number; offsetSize: number } {
  if (bytes.toString('latin1', 0, 5) !== 'PGDMP') throw damaged('it does not begin with PGDMP');
  const [major, minor, , intSize, offsetSize, format] = bytes.subarray(5, FIXED_HEADER_LENGTH);
  if (
    major !== 1 ||
    minor === undefined ||
    minor < OLDEST_MINOR ||
    minor > NEWEST_MINOR ||
    format !== FORMAT_CUSTOM
  ) {
    throw new LifeboatError('FORMAT_UNSUPPORTED', `pg_dump archive version ${major}.${minor} is not known`, {
      guidance: `use a pg_dump that writes archive versions 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR} (up to PostgreSQL 18)`,
    });
  }
  if (intSize !== 4 || offsetSize === undefined || offsetSize < 4 || offsetSize > 8) {
    throw damaged('sizes of integers or offsets that no pg_dump writes');
  }
  return { minor, intSize, offsetSize };
}

/** The rest of the header, after its fixed beginning. */
export function readHeader(
  reader: ArchiveReader,
  sizes: { minor: number; intSize: number; offsetSize: number },
): ArchiveHeader {
  if (sizes.minor >= WITH_COMPRESSION_BYTE) reader.byte();
  else reader.int();
  for (let field = 0; field < 7; field += 1) reader.int(); // time of creation
  reader.string(); // database name
  const serverVersion = reader.string() ?? '';
  const clientVersion = reader.string() ?? '';
  const entries = reader.int();
  if (entries < 0 || entries > MAX_ENTRIES) throw damaged(`${entries} entries`);
  return { ...sizes, serverVersion, clientVersion, entries };
}

export function readTocEntry(reader: ArchiveReader, header: ArchiveHeader): TocEntry {
  const dumpId = reader.int();
  const hasData = reader.int() !== 0;
  reader.string(); // catalog oid
  reader.string(); // object oid
  const tag = reader.string() ?? '';
  const kind = reader.string() ?? '';
  reader.int(); // section
  const definition = reader.string() ?? '';
  reader.string(); // drop statement
  const copyStatement = reader.string() ?? '';
  const namespace = reader.string() ?? '';
  reader.string(); // tablespace
  if (header.minor >= WITH_TABLE_ACCESS_METHOD) reader.string();
  if (header.minor >= WITH_RELATION_KIND) reader.int();
  const owner = reader.string() ?? '';
  reader.string(); // always "false": once, tables with oids
  while (reader.string() !== null); // dependencies
  reader.skip(1 + header.offsetSize); // where the data lie: never set on a pipe
  return { dumpId, hasData, tag, kind, definition, copyStatement, namespace, owner };
}
