import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { isLifeboatError, messageOf, systemCodeOf, type Log } from '@lifeboat/kernel';
import { decodeEntry, encodeEntry, type ManifestEntry } from '@lifeboat/vault-format';
import type { KeptFiles } from './kept-files.ts';
import { WAITING_SLOTS } from './limits.ts';
import { merged, sorted } from './nearly-sorted.ts';
import { damaged, fileKey, readAt, readBlock, SALT_LENGTH, writeAll, writeBlock } from './sealed-blocks.ts';

/**
 * Files that a capture has read and whose bytes are durable at the server, in the order in which that was heard: what
 * the next one need not read again when this one does not come to its end. As the kept manifest, it need not survive a
 * power cut, and is sealed under the node's own key.
 *
 *   0  magic "LBJRNL1\n"
 *   8  salt, 32 bytes
 *  40  blocks (`sealed-blocks.ts`)
 *      block 0: fingerprint; others: entries, u32 length before each
 */
const MAGIC = Buffer.from('LBJRNL1\n');
const PURPOSE = 'lifeboat/capture-journal/v1';
const SUFFIX = /^journal-(\d+)$/;
const LENGTH_BYTES = 4;
/** Journals of captures that were cut off one behind the other; of more, the oldest are given up. */
const MOST = 8;
/** An entry is written before at most so many that come before it by path: those that waited for it in the pipeline. */
const DISPLACED = 2 * WAITING_SLOTS;

export interface JournalOptions {
  readonly tree: string;
  /** As the kept manifest's: a journal under another one is not of this tree. */
  readonly fingerprint: string;
  /** Files changed at or after this time may change again unseen: they are not written down. Nanoseconds since 1970. */
  readonly readBefore: bigint;
  readonly log: Log;
}

/** The journal of a capture under way, and those of captures of the same tree that came to no end. */
export class CaptureJournal {
  readonly #files: KeptFiles;
  readonly #options: JournalOptions;
  readonly #interrupted: readonly number[];
  readonly #opened: number[] = [];
  #own: { readonly fd: number; readonly key: Buffer; blocks: number } | undefined;
  #isGivenUp = false;

  constructor(files: KeptFiles, options: JournalOptions) {
    this.#files = files;
    this.#options = options;
    this.#interrupted = numbersOf(files, options.tree);
    for (const old of this.#interrupted.slice(0, -MOST)) files.remove(options.tree, suffixOf(old));
  }

  /** Of the captures that came to no end, in path order; the latest of each path. */
  interrupted(): Generator<ManifestEntry, void, undefined> {
    const latestFirst = this.#interrupted.slice(-MOST).reverse();
    return merged(latestFirst.map((number) => sorted(this.#entriesOf(number), DISPLACED)));
  }

  /** Their content is durable. Trouble with the journal costs reading again, if anything, and ends no capture. */
  append(entries: readonly ManifestEntry[]): void {
    const settled = entries.filter(({ ctimeNs }) => ctimeNs < this.#options.readBefore);
    if (this.#isGivenUp || settled.length === 0) return;
    try {
      const own = (this.#own ??= this.#create());
      writeBlock(own.fd, own.key, own.blocks, Buffer.concat(settled.flatMap(framed)));
      own.blocks += 1;
    } catch (error) {
      this.#isGivenUp = true;
      this.#options.log.warn(
        { tree: this.#options.tree, err: messageOf(error) },
        'what this capture reads is not kept in mind; should it be cut off, the next one reads it again',
      );
    }
  }

  /** The capture has come to its end: nothing of it, or of those before it, will be asked for. */
  done(): void {
    this.close();
    for (const number of this.#interrupted) this.#files.remove(this.#options.tree, suffixOf(number));
    if (this.#own !== undefined) this.#files.remove(this.#options.tree, suffixOf(this.#ownNumber));
  }

  /** What was written stays for the next capture. */
  close(): void {
    for (const fd of this.#opened.splice(0)) closeSync(fd);
  }

  static forget(files: KeptFiles, tree: string): void {
    for (const number of numbersOf(files, tree)) files.remove(tree, suffixOf(number));
  }

  get #ownNumber(): number {
    return (this.#interrupted.at(-1) ?? 0) + 1;
  }

  #create(): { fd: number; key: Buffer; blocks: number } {
    const salt = randomBytes(SALT_LENGTH);
    const key = fileKey(this.#files.localKey(), salt, PURPOSE);
    const fd = openSync(`${this.#files.of(this.#options.tree)}.${suffixOf(this.#ownNumber)}`, 'wx', 0o600);
    this.#opened.push(fd);
    writeAll(fd, Buffer.concat([MAGIC, salt]));
    writeBlock(fd, key, 0, Buffer.from(this.#options.fingerprint));
    return { fd, key, blocks: 1 };
  }

  /** In the order in which they were written, up to where the process that wrote them ended. */
  *#entriesOf(number: number): Generator<ManifestEntry, void, undefined> {
    try {
      const fd = openSync(`${this.#files.of(this.#options.tree)}.${suffixOf(number)}`, 'r');
      this.#opened.push(fd);
      yield* readEntries(fd, this.#files.localKey(), this.#options.fingerprint);
    } catch (error) {
      // The last block may be cut off; another capture may have come to its end meanwhile.
      if (!isLifeboatError(error) && systemCodeOf(error) !== 'ENOENT') throw error;
    }
  }
}

function* readEntries(
  fd: number,
  localKey: Buffer,
  fingerprint: string,
): Generator<ManifestEntry, void, undefined> {
  const end = fstatSync(fd).size;
  const start = readAt(fd, 0, MAGIC.length + SALT_LENGTH);
  if (!start.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('unknown beginning');
  const key = fileKey(localKey, start.subarray(MAGIC.length), PURPOSE);
  const first = readBlock(fd, key, start.length, 0, end);
  if (first.bytes.toString() !== fingerprint) return;
  let position = first.next;
  for (let block = 1; position < end; block += 1) {
    const { bytes, next } = readBlock(fd, key, position, block, end);
    yield* unframed(bytes);
    position = next;
  }
}

function framed(entry: ManifestEntry): Buffer[] {
  const bytes = encodeEntry(entry);
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

function* unframed(bytes: Buffer): Generator<ManifestEntry, void, undefined> {
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES;
    at = start + bytes.readUInt32BE(at);
    yield decodeEntry(bytes.subarray(start, at));
  }
}

/** Ascending: in the order in which they were begun. */
function numbersOf(files: KeptFiles, tree: string): number[] {
  const numbers = files.suffixesOf(tree).flatMap((suffix) => {
    const number = SUFFIX.exec(suffix)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return numbers.sort((a, b) => a - b);
}

function suffixOf(number: number): string {
  return `journal-${number}`;
}
