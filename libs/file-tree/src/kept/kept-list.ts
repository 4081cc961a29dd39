import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { decodeSegment, SegmentBuilder, type ManifestEntry } from '@lifeboat/vault-format';
import type { SafeDirectory } from '../safe-directory.ts';
import { writeFully } from '../stage-content.ts';

/** Name in the stage folder. */
const KEPT_LIST = 'kept';
/** u32 length of a manifest segment, u32 CRC-32 of it; length 0 says that nothing follows. */
const HEADER_LENGTH = 8;
const MAX_SEGMENT = 32 << 20;

/**
 * What of the live tree stays where it is, in path order, as manifest entries: directories with something kept beneath,
 * and what is kept. Inode and ctime are those of the live entry when it was looked at. Complete once finished.
 */
export class KeptListWriter {
  readonly #fd: number;
  readonly #builder = new SegmentBuilder();
  #position = 0;

  /** Takes the place of the list that an earlier run left. */
  constructor(stage: SafeDirectory) {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
    this.#fd = openSync(stage.at(KEPT_LIST), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  }

  push(entry: ManifestEntry): void {
    const segment = this.#builder.push(entry);
    if (segment !== undefined) this.#write(segment);
  }

  finish(): void {
    const segment = this.#builder.finish();
    if (segment !== undefined) this.#write(segment);
    this.#write(Buffer.alloc(0));
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(segment: Buffer): void {
    const header = Buffer.alloc(HEADER_LENGTH);
    header.writeUInt32BE(segment.length);
    header.writeUInt32BE(crc32(segment), 4);
    for (const bytes of [header, segment]) {
      writeFully(this.#fd, bytes, this.#position);
      this.#position += bytes.length;
    }
  }
}

/** Whether there is a list, complete or not. */
export function hasKeptList(stage: SafeDirectory): boolean {
  return stage.lstat(KEPT_LIST) !== undefined;
}

/** The entries, a segment in memory at a time. Throws FORMAT_DAMAGED, also when there is no list. */
export function* readKeptList(stage: SafeDirectory): Generator<ManifestEntry, void, undefined> {
  const fd = open(stage);
  try {
    const end = fstatSync(fd).size;
    for (let position = 0; ;) {
      const header = readAt(fd, position, HEADER_LENGTH);
      const length = header.readUInt32BE();
      position += HEADER_LENGTH;
      if (length === 0) return;
      if (length > MAX_SEGMENT || position + length > end) throw damaged();
      const segment = readAt(fd, position, length);
      if (crc32(segment) !== header.readUInt32BE(4)) throw damaged();
      yield* decodeSegment(segment);
      position += length;
    }
  } finally {
    closeSync(fd);
  }
}

function open(stage: SafeDirectory): number {
  try {
    return openSync(stage.at(KEPT_LIST), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw systemCodeOf(error) === 'ENOENT' ? damaged() : error;
  }
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const read = readSync(fd, bytes, done, length - done, position + done);
    if (read === 0) throw damaged();
    done += read;
  }
  return bytes;
}

function damaged(): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', 'the list of what a restore keeps in place is damaged', {
    guidance: 'Before the switch: abort the restore and run it again. After it: see the runbook.',
  });
}
