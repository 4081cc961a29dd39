import { LifeboatError } from '@lifeboat/kernel';
import { ByteReader } from './byte-reader.ts';
import { CODEC_MAGIC, readHeader, skipIndexHeader } from './codec.ts';

/** What a segment's own `.si` says. */
export interface SegmentInfo {
  /** With deleted ones. */
  readonly documents: number;
  readonly files: readonly string[];
  readonly luceneVersion: string;
}

/** The number in the codec's name is the release that brought the layout: `Lucene86SegmentInfo`. */
const CODEC = /^Lucene(40|46|50|62|70|86|90)SegmentInfo$/;

/**
 * Reads `<segment>.si` of Lucene 4.0 to 10 (Lucene40SegmentInfoFormat.java and its successors) as far as the list of files.
 * @throws LifeboatError FORMAT_DAMAGED, FORMAT_UNSUPPORTED
 */
export function readSegmentInfo(name: string, bytes: Buffer): SegmentInfo {
  const reader = new ByteReader(name, bytes);
  if (reader.int() !== CODEC_MAGIC) throw reader.damaged('does not begin as a codec file');
  const header = readHeader(reader);
  const layout = Number(CODEC.exec(header.codec)?.[1]);
  if (Number.isNaN(layout)) {
    throw new LifeboatError('FORMAT_UNSUPPORTED', `${name} is of ${header.codec}, which is not known`, {
      guidance: 'The index is left out of sets and rebuilt after a restore.',
    });
  }
  return layout < 50 ? readOlder(reader, layout) : readNewer(reader, layout, header.version);
}

function readOlder(reader: ByteReader, layout: number): SegmentInfo {
  const luceneVersion = reader.string();
  const documents = reader.int();
  reader.byte(); // compound
  skipMap(reader, () => reader.int()); // diagnostics
  if (layout === 40) skipMap(reader, () => reader.int()); // attributes
  return { luceneVersion, documents, files: reader.times(reader.int(), () => reader.string()) };
}

function readNewer(reader: ByteReader, layout: number, version: number): SegmentInfo {
  skipIndexHeader(reader);
  // Lucene 9 turned its numbers round; headers and footers stayed as they were.
  const int = layout >= 90 ? () => reader.littleEndianInt() : () => reader.int();
  const writer = [int(), int(), int()] as const;
  if (layout >= 70 && reader.byte() === 1) [int(), int(), int()]; // oldest version in it
  const documents = int();
  reader.byte(); // compound
  // 9.9 put a byte in between and kept the codec's name.
  if (layout >= 90 && (writer[0] > 9 || writer[1] >= 9)) reader.byte();
  const count = layout === 50 && version === 0 ? () => reader.int() : () => reader.vInt();
  skipMap(reader, count); // diagnostics
  return { luceneVersion: writer.join('.'), documents, files: reader.times(count(), () => reader.string()) };
}

function skipMap(reader: ByteReader, count: () => number): void {
  reader.times(count(), () => [reader.string(), reader.string()]);
}
