import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  CHUNK_ID_LENGTH,
  isLifeboatError,
  LifeboatError,
  messageOf,
  systemCodeOf,
  type Log,
} from '@lifeboat/kernel';
import { decodeSegment, type ManifestEntry } from '@lifeboat/vault-format';

/**
 * The agent's own copy of the last manifest of each tree, so that what did not change need not be read. File names
 * and chunk ids are secrets of the cluster: the copy is sealed under a random key that stays on this node.
 *
 *   0  magic "LBPREV2\n"
 *   8  salt, 32 bytes: file key = HKDF-SHA256(local key, salt)
 *  40  blocks: u32 length of the ciphertext, ciphertext, 16-byte tag; nonce = block number
 *      block 0: JSON header; others: manifest segments
 *  -50 trailer: ciphertext of the manifest root's id (33) and 1 when the capture kept all it saw, else 0; tag (16);
 *      nonce all ones. Its presence says: complete
 *
 * Nothing here must survive a power cut: a copy that is damaged or gone costs reading the tree once.
 */
const MAGIC = Buffer.from('LBPREV2\n');
const SALT_LENGTH = 32;
const TAG_LENGTH = 16;
const TRAILER_LENGTH = CHUNK_ID_LENGTH + 1 + TAG_LENGTH;
const LENGTH_BYTES = 4;
const MAX_BLOCK = 32 * 1024 * 1024;
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

/** The kept manifests of one agent, in `<stateDir>/manifests`. */
export class ManifestKeeper {
  readonly #directory: string;
  readonly #log: Log;

  constructor(stateDir: string, log: Log) {
    this.#directory = join(stateDir, 'manifests');
    this.#log = log;
  }

  /** Undefined when there is none for this tree under this fingerprint. */
  open(tree: string, fingerprint: string): PreviousManifest | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(this.#file(tree), 'r');
      const found = openPrevious(fd, this.#localKey(), fingerprint, this.#log);
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

  /** A new copy beside the present one; takes its place at `commit`. */
  create(tree: string, header: PreviousHeader): PreviousManifestWriter {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    return new PreviousManifestWriter(this.#file(tree), this.#localKey(), header);
  }

  /** The next capture of this tree reads everything: for when the server says that chunks are gone. */
  forget(tree: string): void {
    rmSync(this.#file(tree), { force: true });
  }

  #file(tree: string): string {
    return join(this.#directory, encodeURIComponent(tree).replaceAll('.', '%2E'));
  }

  #localKey(): Buffer {
    const file = join(this.#directory, '.key');
    try {
      const key = readFileSync(file);
      if (key.length === 32) return key;
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    }
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const key = randomBytes(32);
    const temporary = `${file}.${process.pid}.new`;
    writeFileSync(temporary, key, { mode: 0o600 });
    renameSync(temporary, file);
    return key;
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
    this.#key = fileKey(localKey, salt);
    this.#fd = openSync(this.#temporary, 'wx', 0o600);
    writeAll(this.#fd, Buffer.concat([MAGIC, salt]));
    this.append(Buffer.from(JSON.stringify(header)));
  }

  append(segment: Uint8Array): void {
    const sealed = seal(this.#key, blockNonce(this.#blocks++), segment);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(segment.length);
    writeAll(this.#fd, Buffer.concat([length, sealed]));
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
  const key = fileKey(localKey, start.subarray(MAGIC.length));
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

function readBlock(
  fd: number,
  key: Buffer,
  position: number,
  number: number,
  end: number,
): { bytes: Buffer; next: number } {
  const length = readAt(fd, position, LENGTH_BYTES).readUInt32BE();
  const next = position + LENGTH_BYTES + length + TAG_LENGTH;
  if (length > MAX_BLOCK || next > end) throw damaged('a block ends too late');
  const sealed = readAt(fd, position + LENGTH_BYTES, length + TAG_LENGTH);
  return { bytes: unseal(key, blockNonce(number), sealed), next };
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  if (position < 0 || readSync(fd, bytes, 0, length, position) !== length) throw damaged('it ends too early');
  return bytes;
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

function seal(key: Buffer, nonce: Buffer, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unseal(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_LENGTH));
  try {
    const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_LENGTH));
    decipher.final();
    return plain;
  } catch (error) {
    throw new LifeboatError('FORMAT_DAMAGED', 'a block of the kept manifest does not open', { cause: error });
  }
}

function fileKey(localKey: Buffer, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', localKey, salt, 'lifeboat/previous-manifest/v1', 32));
}

function blockNonce(block: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(block, 6, 6);
  return nonce;
}

function damaged(what: string): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', `the kept manifest is damaged: ${what}`);
}
