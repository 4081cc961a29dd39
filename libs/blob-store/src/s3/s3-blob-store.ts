import { unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { LifeboatError } from '@lifeboat/kernel';
import { blobExists, blobNotFound } from '../blob-errors.ts';
import { checkBlobName } from '../blob-name.ts';
import type { BlobEntry, BlobSource, BlobStore } from '../blob-store.ts';
import { listObjects } from './list-objects.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { probeS3, type S3Capabilities } from './probe-s3.ts';
import { putObject } from './put-object.ts';
import { readBody } from './read-body.ts';
import { S3Bucket, type S3BucketOptions } from './s3-bucket.ts';
import { readS3Failure, s3Error } from './s3-failure.ts';
import { statObject } from './stat-object.ts';

const STREAM_PIECE = 8 * 1024 * 1024;

/**
 * Blobs as objects below one prefix of a bucket, with their own names. What it keeps where the store cannot refuse
 * to overwrite: docs/adr/0017-vaults-on-s3.md.
 */
export class S3BlobStore implements BlobStore {
  readonly capabilities: S3Capabilities;
  readonly #bucket: S3Bucket;
  readonly #puts = new OneAtATime();

  private constructor(bucket: S3Bucket, capabilities: S3Capabilities) {
    this.#bucket = bucket;
    this.capabilities = capabilities;
  }

  /** Looks what the store can do. VAULT_UNREACHABLE; VAULT_REFUSED, also when it lacks what the location asks for. */
  static async open(options: S3BucketOptions): Promise<S3BlobStore> {
    const bucket = new S3Bucket(options);
    return new S3BlobStore(bucket, await probeS3(bucket));
  }

  /** For people: s3://bucket/prefix. */
  get place(): string {
    return this.#bucket.place;
  }

  async put(name: string, source: BlobSource): Promise<void> {
    checkBlobName(name);
    await this.#puts.run(name, async () => {
      const { conditionalPut } = this.capabilities;
      if (!conditionalPut && (await this.size(name)) !== undefined) throw blobExists(name);
      if (!(await putObject(this.#bucket, name, source, { onlyIfAbsent: conditionalPut })))
        throw blobExists(name);
    });
    if (!Buffer.isBuffer(source)) await unlink(source.file);
  }

  async get(name: string): Promise<Buffer> {
    return this.#get(name, undefined);
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    if (length > 0) return this.#get(name, { offset, length });
    if ((await this.size(name)) === undefined) throw blobNotFound(name);
    return Buffer.alloc(0);
  }

  async size(name: string): Promise<number | undefined> {
    return (await statObject(this.#bucket, checkBlobName(name)))?.size;
  }

  list(prefix: string): AsyncGenerator<BlobEntry> {
    return listObjects(this.#bucket, prefix);
  }

  async delete(name: string): Promise<void> {
    const at = this.#bucket.at(checkBlobName(name));
    await this.#bucket.ask(`delete ${name}`, async (client) => client.send(new DeleteObjectCommand(at)));
  }

  stream(name: string): Readable {
    return Readable.from(this.#pieces(name), { objectMode: false });
  }

  /** Piece by piece, so that a connection that breaks costs one piece. */
  async *#pieces(name: string): AsyncGenerator<Buffer> {
    for (let offset = 0; ; offset += STREAM_PIECE) {
      const piece = await this.read(name, offset, STREAM_PIECE);
      if (piece.length > 0) yield piece;
      if (piece.length < STREAM_PIECE) return;
    }
  }

  async #get(name: string, range: { offset: number; length: number } | undefined): Promise<Buffer> {
    const at = this.#bucket.at(checkBlobName(name));
    const Range = range && `bytes=${range.offset}-${range.offset + range.length - 1}`;
    try {
      return await this.#bucket.attempt(async (client) => {
        const answer = await client.send(new GetObjectCommand({ ...at, ...(Range && { Range }) }));
        if (range !== undefined && !answer.ContentRange?.startsWith(`bytes ${range.offset}-`)) {
          throw new LifeboatError(
            'VAULT_REFUSED',
            `${this.place} does not serve the part asked for of ${name}`,
          );
        }
        return readBody(answer, range?.length);
      });
    } catch (thrown) {
      const { status, name: error } = readS3Failure(thrown);
      if (error === 'NoSuchKey') throw blobNotFound(name, thrown);
      // The blob ends before the range begins.
      if (status === 416) return Buffer.alloc(0);
      throw s3Error(thrown, `read ${name}`, this.place);
    }
  }

  close(): void {
    this.#bucket.close();
  }
}
