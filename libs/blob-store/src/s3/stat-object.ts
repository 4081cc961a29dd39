import { HeadObjectCommand } from '@aws-sdk/client-s3';
import type { S3Bucket } from './s3-bucket.ts';
import { readS3Failure, s3Error } from './s3-failure.ts';

/** Which `put` wrote an object: kept with it as x-amz-meta-lifeboat-put. */
export const PUT_MARK = 'lifeboat-put';

/** What is there under the name; undefined for nothing. */
export async function statObject(
  bucket: S3Bucket,
  name: string,
): Promise<{ readonly size: number; readonly mark: string | undefined } | undefined> {
  try {
    const at = bucket.at(name);
    const found = await bucket.attempt(async (client) => client.send(new HeadObjectCommand(at)));
    return { size: found.ContentLength ?? 0, mark: found.Metadata?.[PUT_MARK] };
  } catch (thrown) {
    if (readS3Failure(thrown).status === 404) return undefined;
    throw s3Error(thrown, `look for ${name}`, bucket.place);
  }
}
