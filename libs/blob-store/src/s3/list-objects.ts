import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { LifeboatError } from '@lifeboat/kernel';
import { isBlobName } from '../blob-name.ts';
import type { BlobEntry } from '../blob-store.ts';
import type { S3Bucket } from './s3-bucket.ts';

/** Page by page, in the store's own order, which for our names is that of their characters. */
export async function* listObjects(bucket: S3Bucket, prefix: string): AsyncGenerator<BlobEntry> {
  const { Bucket, Key: Prefix } = bucket.at(prefix);
  for (let token: string | undefined; ;) {
    const at = {
      Bucket,
      Prefix,
      MaxKeys: bucket.pageKeys,
      ...(token !== undefined && { ContinuationToken: token }),
    };
    const page = await bucket.ask(`list ${prefix}`, async (client) =>
      client.send(new ListObjectsV2Command(at)),
    );
    for (const { Key = '', Size = 0 } of page.Contents ?? []) {
      const name = bucket.nameOf(Key);
      // Our own probe, and what others may have put there.
      if (isBlobName(name)) yield { name, size: Size };
    }
    if (page.IsTruncated !== true) return;
    if (page.NextContinuationToken === undefined || page.NextContinuationToken === token) {
      throw new LifeboatError('VAULT_REFUSED', `${bucket.place} breaks off its listing of ${prefix}`);
    }
    token = page.NextContinuationToken;
  }
}
