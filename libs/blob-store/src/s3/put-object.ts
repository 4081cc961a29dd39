import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { BlobSource } from '../blob-store.ts';
import { putInParts } from './put-in-parts.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { readS3Failure, s3Error } from './s3-failure.ts';
import { PUT_MARK, statObject } from './stat-object.ts';

/** Above this a file goes up in parts. Packs stay below: for them one request is the quicker way (docs/performance.md). */
const PARTS_ABOVE = 64 * 1024 * 1024;
const READ_SIZE = 1024 * 1024;
const DAY_MILLIS = 24 * 3600 * 1000;

/** What every object gets, however it is written. */
export type ObjectTraits = Pick<
  PutObjectCommandInput,
  'Bucket' | 'Key' | 'Metadata' | 'IfNoneMatch' | 'ObjectLockMode' | 'ObjectLockRetainUntilDate'
>;

/**
 * Writes one object and knows whether it did: each put carries a mark of its own, so that one whose answer was lost is
 * told apart from another's. False when another holds the name.
 */
export async function putObject(
  bucket: S3Bucket,
  name: string,
  source: BlobSource,
  { onlyIfAbsent }: { readonly onlyIfAbsent: boolean },
): Promise<boolean> {
  const mark = randomUUID();
  const traits = { ...bucket.at(name), Metadata: { [PUT_MARK]: mark }, ...lockUntil(bucket.objectLockDays) };
  const content = await contentOf(source);
  try {
    await write(bucket, onlyIfAbsent ? { ...traits, IfNoneMatch: '*' } : traits, content);
    return true;
  } catch (thrown) {
    // Should this look fail too, the first failure is the one to tell of.
    const there = await statObject(bucket, name).catch(() => undefined);
    if (there?.mark === mark) return true;
    if (readS3Failure(thrown).status === 412) return false;
    throw s3Error(thrown, `put ${name}`, bucket.place);
  }
}

interface Content {
  readonly source: BlobSource;
  /** Bytes. */
  readonly size: number;
  /** Base64; of a file that goes up in parts each part has its own. */
  readonly md5: string | undefined;
}

async function contentOf(source: BlobSource): Promise<Content> {
  if (Buffer.isBuffer(source)) {
    return { source, size: source.length, md5: createHash('md5').update(source).digest('base64') };
  }
  const { size } = await stat(source.file);
  return { source, size, md5: size > PARTS_ABOVE ? undefined : await md5Of(source.file) };
}

async function write(bucket: S3Bucket, traits: ObjectTraits, { source, size, md5 }: Content): Promise<void> {
  if (!Buffer.isBuffer(source) && size > PARTS_ABOVE) return putInParts(bucket, traits, source.file, size);
  await bucket.attempt(async (client) => {
    const Body = Buffer.isBuffer(source)
      ? source
      : createReadStream(source.file, { highWaterMark: READ_SIZE });
    try {
      await client.send(new PutObjectCommand({ ...traits, Body, ContentLength: size, ContentMD5: md5 }));
    } finally {
      if (!Buffer.isBuffer(Body)) Body.destroy();
    }
  });
}

async function md5Of(file: string): Promise<string> {
  const hash = createHash('md5');
  for await (const bytes of createReadStream(file, { highWaterMark: READ_SIZE }))
    hash.update(bytes as Buffer);
  return hash.digest('base64');
}

function lockUntil(days: number | undefined): Partial<ObjectTraits> {
  if (days === undefined) return {};
  return {
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: new Date(Date.now() + days * DAY_MILLIS),
  };
}
