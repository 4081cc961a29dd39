import {
  DeleteObjectCommand,
  GetObjectLockConfigurationCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { LifeboatError } from '@lifeboat/kernel';
import type { S3Bucket } from './s3-bucket.ts';
import { readS3Failure, s3Error } from './s3-failure.ts';

export interface S3Capabilities {
  /** The store itself refuses a put under a name that is taken. */
  readonly conditionalPut: boolean;
}

/** No blob's name begins with a dot, so that a probe left behind by a kill is never taken for one. */
const PROBE = '.lifeboat-probe';

/** Tries out, never guesses: whether the bucket is there and ours to use, and what its store can do. */
export async function probeS3(bucket: S3Bucket): Promise<S3Capabilities> {
  const { Bucket, Key: Prefix } = bucket.at('');
  // Listing, because the answer to a mere HEAD does not say what is wrong.
  await bucket.ask('list the bucket', async (client) =>
    client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 })),
  );
  if (bucket.objectLockDays !== undefined) await demandObjectLock(bucket);
  return { conditionalPut: await refusesToOverwrite(bucket) };
}

/** Honoured, not merely accepted: of two conditional puts under one name the second must fail. */
async function refusesToOverwrite(bucket: S3Bucket): Promise<boolean> {
  const probe = { ...bucket.at(PROBE), Body: 'may be deleted', IfNoneMatch: '*' };
  try {
    for (let puts = 0; puts < 2; puts += 1) {
      await bucket.attempt(async (client) => client.send(new PutObjectCommand(probe)));
    }
    return false;
  } catch (thrown) {
    const { status } = readS3Failure(thrown);
    if (status === 412) return true;
    if (status === 501 || status === 400) return false;
    throw s3Error(thrown, 'take an object', bucket.place);
  } finally {
    await bucket.ask('delete an object', async (client) =>
      client.send(new DeleteObjectCommand(bucket.at(PROBE))),
    );
  }
}

async function demandObjectLock(bucket: S3Bucket): Promise<void> {
  const enabled = await bucket
    .attempt(async (client) => client.send(new GetObjectLockConfigurationCommand(bucket.inside)))
    .then(({ ObjectLockConfiguration }) => ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled')
    .catch((thrown: unknown) => {
      const { status } = readS3Failure(thrown);
      if (status !== undefined && [400, 404, 405, 501].includes(status)) return false;
      throw s3Error(thrown, 'say whether it has Object Lock', bucket.place);
    });
  if (enabled) return;
  throw new LifeboatError(
    'VAULT_REFUSED',
    `${bucket.place} cannot lock objects, but object-lock-days asks for it`,
    {
      guidance:
        'Use a bucket that was made with Object Lock, or leave object-lock-days out. Swift has no Object Lock.',
    },
  );
}
