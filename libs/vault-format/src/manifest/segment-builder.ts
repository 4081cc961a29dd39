import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { invariant, LifeboatError } from '@lifeboat/kernel';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { MAX_RAW_LENGTH } from '../frame/frame-header.ts';
import { comparePaths } from './compare-paths.ts';
import { EntryContext, EntryEncoder } from './entry-codec.ts';
import type { ManifestEntry } from './manifest-entry.ts';
import { SEGMENT_HEADER_LENGTH, writeSegmentHeader } from './segment.ts';

/** A segment begins at one path in 512: about 64 KiB of entries. */
const CUT_BITS = 9;
/** Past this length at one in 64, so that a run of large entries is cut soon, at a place that is found again. */
const LONG_SEGMENT = 128 * 1024;
const LONG_CUT_BITS = 6;
/** Past this length anywhere. Only a single huge entry makes a longer segment. */
export const MAX_SEGMENT = 1024 * 1024;

/**
 * Cuts entries, pushed in path order, into segments. Where a segment begins depends on paths (and, in long ones,
 * on lengths), not on what was counted before: a change to one entry touches its segment, an added or removed one
 * rarely more than two. Equal trees give equal segments.
 */
export class SegmentBuilder {
  readonly #encoder = new EntryEncoder();
  readonly #bytes = new ByteWriter(256 * 1024);
  #context = new EntryContext();
  #last: Buffer | undefined;
  #entries = 0;
  #contentBytes = 0;

  /** Adds an entry; returns the segment before it, when one ends here. */
  push(entry: ManifestEntry): Buffer | undefined {
    invariant(
      this.#last === undefined || comparePaths(this.#last, entry.path) < 0,
      'entries come in path order',
    );
    this.#last = entry.path;
    let finished = this.#entries > 0 && beginsSegment(entry.path, this.#length) ? this.finish() : undefined;
    let fields = this.#encoder.encode(entry, this.#context);
    if (this.#entries > 0 && this.#length + fields.length > MAX_SEGMENT) {
      finished = this.finish();
      fields = this.#encoder.encode(entry, this.#context);
    }
    this.#bytes.blob(fields);
    this.#entries += 1;
    if (entry.type === 'file') this.#contentBytes += entry.size;
    if (this.#length > MAX_RAW_LENGTH) throw tooLong(entry);
    return finished;
  }

  /** The last segment, if there is one. The builder is as new afterwards, but for the order of paths. */
  finish(): Buffer | undefined {
    if (this.#entries === 0) return undefined;
    const segment = Buffer.allocUnsafe(this.#length);
    writeSegmentHeader(segment, this.#entries, this.#contentBytes);
    segment.set(this.#bytes.view(), SEGMENT_HEADER_LENGTH);
    this.#context = new EntryContext();
    this.#bytes.clear();
    this.#entries = 0;
    this.#contentBytes = 0;
    return segment;
  }

  get #length(): number {
    return SEGMENT_HEADER_LENGTH + this.#bytes.length;
  }
}

function beginsSegment(path: Buffer, length: number): boolean {
  // CRC-32 is linear: the multiplication spreads names that count up.
  const spread = Math.imul(crc32(path), 0x9e37_79b1) >>> 0;
  return spread >>> (32 - (length > LONG_SEGMENT ? LONG_CUT_BITS : CUT_BITS)) === 0;
}

function tooLong(entry: ManifestEntry): LifeboatError {
  const pieces = entry.content.length;
  return new LifeboatError(
    'FORMAT_UNSUPPORTED',
    `"${entry.path.toString()}" has ${pieces} pieces, more than one entry holds`,
    {
      guidance: 'A file may have about 116,000 pieces, that is, about 130 GiB. Exclude it, or split it.',
    },
  );
}
