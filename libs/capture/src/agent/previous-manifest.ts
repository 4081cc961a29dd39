import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, renameSync, rmSync } from 'node:fs';
import { CHUNK_ID_LENGTH, isLifeboatError, messageOf, systemCodeOf, type Log } from '@lifeboat/kernel';
import { decodeSegment, type ManifestEntry } from '@lifeboat/vault-format';
import type { KeptFiles } from './kept-files.ts';
import {
  damaged,
  fileKey,
  readAt,
  readBlock,
  SALT_LENGTH,
  seal,
  TAG_LENGTH,
  unseal,
  writeAll,
  writeBlock,
} from './sealed-blocks.ts';

/**
 * The agent's own copy of the last manifest of each tree, so that what did not change need not be read. File names
 * and chunk ids are secrets of the cluster: the copy is sealed under a random key that stays on this node.
 *
 *   0  magic "LBPREV2\n"
 *   8  salt, 32 bytes: file key = HKDF-SHA256(local key, salt)
 *  40  blocks (`sealed-blocks.ts`)
 *      block 0: JSON header; others: manifest segments
 *  -50 trailer: ciphertext of the manifest root's id (33) and 1 when the capture kept all it saw, else 0; tag (16);
 *      nonce all ones. Its presence says: complete
 *
 * Nothing here must survive a power cut: a copy that is damaged or gone costs reading the tree once.
 */
const MAGIC = Buffer.from('LBPREV2\n');
const TRAILER_LENGTH = CHUNK_ID_LENGTH + 1 + TAG_LENGTH;
const PURPOSE = 'lifeboat/previous-manifest/v1';
/** Behind the name of its tree: process id and something random. */
const UNFINISHED = /^(\d+)\.[0-9a-f]+\.new$/;
const TRAILER_NONCE = Buffer.alloc(12, 0xff);

export interface PreviousHeader {
  /** Vault, cluster, keys and root path this manifest is of: another fingerprint is another tree. */
  fingerprint: string;
  /** Entries changed at or after this time may have changed again unseen. Nanoseconds since 1970, decimal. */
  readBefore: string;
  /** What the walk left out with all below, as it was asked to. */
  excludes: readonly string[];
}

export interface PreviousManifest {
  root: Buffer;
  readBefore: bigint;
  excludes: readonly string[];
  /** Nothing that the capture saw was left out: what a directory holds stands in the manifest. */
  isWhole: boolean;
  /** In path order. Ends early (and says so in the log) where the copy is damaged. */
  entries(): Generator<ManifestEntry, void, undefined>;
  close(): void;
}

/** The kept manifests of one agent. */
export class ManifestKeeper {
  readonly #files: KeptFiles;
  readonly #log: Log;

  constructor(files: KeptFiles, log: Log) {
    this.#files = files;
    this.#log = log;
  }

  /** Undefined when there is none for this tree under this fingerprint. */
  open(tree: string, fingerprint: string): PreviousManifest | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(this.#files.of(tree), 'r');
      const found = openPrevious(fd, this.#files.localKey(), fingerprint, this.#log);
      if (found !== undefined) return found;
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return undefined;
      this.#log.warn(
        { tree, err: messageOf(error) },
        'kept manifest is not usable; the tree is read in full',
      );
    }
    if (fd !== undefined) closeSync(fd);
    return undefined;
  }

  /** A new copy beside the present one; takes its place at `commit`. Those of killed processes are removed. */
  create(tree: string, header: PreviousHeader): PreviousManifestWriter {
    for (const suffix of this.#files.suffixesOf(tree)) {
      const pid = UNFINISHED.exec(suffix)?.[1];
      if (pid !== undefined && pid !== String(process.pid)) this.#files.remove(tree, suffix);
    }
    return new PreviousManifestWriter(this.#files.of(tree), this.#files.localKey(), header);
  }

  /** The next capture of this tree reads everything: for when the server says that chunks are gone. */
  forget(tree: string): void {
    rmSync(this.#files.of(tree), { force: true });
  }
}

export class PreviousManifestWriter {
  readonly #file: string;
  readonly #temporary: string;
  readonly #fd: number;
  readonly #key: Buffer;
  #blocks = 0;
  #open = true;

  constructor(file: string, localKey: Buffer, header: PreviousHeader) {
    this.#file = file;
    this.#temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.new`;
    const salt = randomBytes(SALT_LENGTH);
    this.#key = fileKey(localKey, salt, PURPOSE);
    this.#fd = openSync(this.#temporary, 'wx', 0o600);
    writeAll(this.#fd, Buffer.concat([MAGIC, salt]));
    this.append(Buffer.from(JSON.stringify(header)));
  }

  append(segment: Uint8Array): void {
    writeBlock(this.#fd, this.#key, this.#blocks++, segment);
  }

  commit(root: Uint8Array, isWhole: boolean): void {
    writeAll(this.#fd, seal(this.#key, TRAILER_NONCE, Buffer.concat([root, Buffer.of(isWhole ? 1 : 0)])));
    this.#close();
    renameSync(this.#temporary, this.#file);
  }

  /** After `commit`: nothing. */
  discard(): void {
    if (!this.#open) return;
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    closeSync(this.#fd);
    this.#open = false;
  }
}

function openPrevious(
  fd: number,
  localKey: Buffer,
  fingerprint: string,
  log: Log,
): PreviousManifest | undefined {
  const size = fstatSync(fd).size;
  const start = readAt(fd, 0, MAGIC.length + SALT_LENGTH);
  if (!start.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('unknown beginning');
  const key = fileKey(localKey, start.subarray(MAGIC.length), PURPOSE);
  const end = size - TRAILER_LENGTH;
  const trailer = unseal(key, TRAILER_NONCE, readAt(fd, end, TRAILER_LENGTH));
  const root = trailer.subarray(0, CHUNK_ID_LENGTH);
  const isWhole = trailer[CHUNK_ID_LENGTH] === 1;
  const first = readBlock(fd, key, start.length, 0, end);
  const header = JSON.parse(first.bytes.toString()) as PreviousHeader;
  if (header.fingerprint !== fingerprint) return undefined;

  function* entries(): Generator<ManifestEntry, void, undefined> {
    let block = 1;
    try {
      for (let position = first.next; position < end; block += 1) {
        const { bytes, next } = readBlock(fd, key, position, block, end);
        yield* decodeSegment(bytes);
        position = next;
      }
    } catch (error) {
      if (!isLifeboatError(error)) throw error;
      log.warn({ block, err: error.message }, 'kept manifest is damaged; what follows is read in full');
    }
  }
  const { excludes } = header;
  return {
    root,
    readBefore: BigInt(header.readBefore),
    excludes,
    isWhole,
    entries,
    close: () => closeSync(fd),
  };
}
