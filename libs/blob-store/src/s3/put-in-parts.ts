import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { CutShort } from './s3-failure.ts';
import type { ObjectTraits } from './put-object.ts';
import type { S3Bucket } from './s3-bucket.ts';

/** At least this; more where a file would have more parts than the least able store takes. */
const PART_BYTES = 16 * 1024 * 1024;
const MOST_PARTS = 1000;

/** A file of `size` bytes as one object, a part in memory at a time. Nothing is seen of it before it is whole. */
export async function putInParts(
  bucket: S3Bucket,
  traits: ObjectTraits,
  file: string,
  size: number,
): Promise<void> {
  const { IfNoneMatch, ...kept } = traits;
  const { Bucket, Key } = traits;
  const { UploadId } = await bucket.attempt(async (client) =>
    client.send(new CreateMultipartUploadCommand(kept)),
  );
  const upload = { Bucket, Key, UploadId };
  try {
    const Parts = await sendParts(bucket, upload, file, size);
    const whole = { ...upload, MultipartUpload: { Parts }, ...(IfNoneMatch && { IfNoneMatch }) };
    await bucket.attempt(async (client) => client.send(new CompleteMultipartUploadCommand(whole)));
  } catch (thrown) {
    // Its parts cost room until then; the first failure is the one to tell of. A bucket's lifecycle rule clears the rest.
    await bucket
      .attempt(async (client) => client.send(new AbortMultipartUploadCommand(upload)))
      .catch(() => undefined);
    throw thrown;
  }
}

interface Upload {
  readonly Bucket: string | undefined;
  readonly Key: string | undefined;
  readonly UploadId: string | undefined;
}

async function sendParts(
  bucket: S3Bucket,
  upload: Upload,
  file: string,
  size: number,
): Promise<CompletedPart[]> {
  const partBytes = Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS));
  const handle = await open(file, 'r');
  try {
    const parts: CompletedPart[] = [];
    for (let offset = 0; offset < size; offset += partBytes) {
      const Body = await readAt(handle, offset, Math.min(partBytes, size - offset));
      const ContentMD5 = createHash('md5').update(Body).digest('base64');
      const part = { ...upload, PartNumber: parts.length + 1 };
      const { ETag } = await bucket.attempt(async (client) =>
        client.send(new UploadPartCommand({ ...part, Body, ContentMD5 })),
      );
      parts.push({ ETag, PartNumber: part.PartNumber });
    }
    return parts;
  } finally {
    await handle.close();
  }
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new CutShort('the file became shorter while it was put');
    filled += bytesRead;
  }
  return bytes;
}
