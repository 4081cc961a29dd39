import { LifeboatError } from '@lifeboat/kernel';
import { ByteReader } from './byte-reader.ts';
import { CODEC_MAGIC, endsWithChecksum, readHeader, skipIndexHeader } from './codec.ts';
import { readLegacySegments } from './legacy-segments-file.ts';

/** What a `segments_N` says of one segment. */
export interface SegmentRecord {
  readonly name: string;
  /** Files beside those that the segment's own `.si` names: deletions, updates of fields. */
  readonly files: readonly string[];
  readonly deleted: number;
  /** Documents with deleted ones, and files: for Lucene 3, which has no `.si`. */
  readonly legacy?: { readonly documents: number; readonly files: LegacyFiles };
}

/** Lucene 3 names its files by rule and not in a list: which of them there are, its directory tells. */
export interface LegacyFiles {
  /** All files `<name>.<extension>` with one of these names, if they are there. */
  readonly baseNames: readonly string[];
  /** Must be there. */
  readonly required: readonly string[];
}

export interface SegmentsFile {
  /** Of the writer, such as `8.8.1`; undefined where the format does not say. */
  readonly luceneVersion: string | undefined;
  readonly segments: readonly SegmentRecord[];
}

/** Versions of the format, named for the Lucene release that brought them (SegmentInfos.java). */
const V46 = 1;
const V49 = 3;
const V50 = 4;
const V51 = 5;
const V53 = 6;
const V70 = 7;
const V72 = 8;
const V74 = 9;
const V86 = 10;

/**
 * Reads a whole `segments_N`, the commit point of a Lucene index: formats of Lucene 2.9 to 3.6 (DXP up to 6.2 has 3.5)
 * and of 4.0 to 10.
 * @throws LifeboatError FORMAT_DAMAGED (also for a file that is still being written), FORMAT_UNSUPPORTED
 */
export function readSegmentsFile(name: string, bytes: Buffer): SegmentsFile {
  const reader = new ByteReader(name, bytes);
  if (!endsWithChecksum(bytes)) throw reader.damaged('does not end with its checksum');
  const magic = reader.int();
  if (magic !== CODEC_MAGIC) return readLegacySegments(reader, magic);
  const { codec, version } = readHeader(reader);
  if (codec !== 'segments' || version < 0) throw reader.damaged('is no segments file');
  if (version > V86) {
    throw new LifeboatError(
      'FORMAT_UNSUPPORTED',
      `${name} has version ${version}; known are those up to ${V86}`,
      {
        guidance: 'Update Lifeboat; until then the index is left out of sets and rebuilt after a restore.',
      },
    );
  }
  return readCodecSegments(reader, version);
}

function readCodecSegments(reader: ByteReader, version: number): SegmentsFile {
  if (version >= V50) skipIndexHeader(reader);
  const luceneVersion = version >= V53 ? dotted(reader) : undefined;
  if (version >= V70) reader.vInt(); // major version that created the index
  reader.long(); // counts changes
  if (version >= V72) reader.vLong();
  else reader.int(); // names new segments
  const count = reader.int();
  if (version >= V53 && count > 0) dotted(reader); // oldest segment
  return { luceneVersion, segments: reader.times(count, () => readSegment(reader, version)) };
}

function readSegment(reader: ByteReader, version: number): SegmentRecord {
  const name = reader.string();
  if (version >= V70 || (version >= V50 && reader.byte() === 1)) reader.bytes(16); // id
  reader.string(); // codec
  const deleteGeneration = reader.long();
  const deleted = reader.int();
  if (version >= V46) reader.long(); // generation of field infos
  if (version >= V49) reader.long(); // generation of doc values
  const softDeleted = version >= V74 ? reader.int() : 0;
  if (version >= V86 && reader.byte() === 1) reader.bytes(16); // id of this state of the segment
  const updates = version >= V46 ? readUpdates(reader, version) : [];
  // `.liv` since 5.0; the old segments of a new commit may still have `.del`.
  const live =
    deleteGeneration > 0n
      ? [`${name}_${deleteGeneration.toString(36)}.${version >= V50 ? 'liv' : 'del'}`]
      : [];
  return { name, files: [...live, ...updates], deleted: deleted + softDeleted };
}

/** Files that hold changes of single fields. */
function readUpdates(reader: ByteReader, version: number): string[] {
  const listed = () => reader.times(version >= V51 ? reader.vInt() : reader.int(), () => reader.string());
  if (version < V49) {
    return reader
      .times(reader.int(), () => {
        reader.long(); // generation
        return listed();
      })
      .flat();
  }
  const fieldInfos = listed();
  const docValues = reader.times(reader.int(), () => {
    reader.int(); // number of the field
    return listed();
  });
  return [...fieldInfos, ...docValues.flat()];
}

function dotted(reader: ByteReader): string {
  return `${reader.vInt()}.${reader.vInt()}.${reader.vInt()}`;
}
