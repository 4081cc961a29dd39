export { S3BlobStore } from './s3-blob-store.ts';
export type { S3BucketOptions } from './s3-bucket.ts';
export { parseS3Location, type S3Location } from './s3-location.ts';
