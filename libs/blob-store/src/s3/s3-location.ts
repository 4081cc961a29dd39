import { LifeboatError } from '@lifeboat/kernel';
import { isBlobName } from '../blob-name.ts';

/** What a vault's URL says of its place on S3. What it leaves out the SDK finds where the AWS tools do. */
export interface S3Location {
  readonly bucket: string;
  /** Before every key: '' or a path that ends with '/'. */
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`: what stores other than Amazon's want. */
  readonly pathStyle: boolean;
  /** Days for which Object Lock keeps each blob from being deleted. */
  readonly objectLockDays: number | undefined;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const MAX_LOCK_DAYS = 36_500;
const PARAMETERS = ['endpoint', 'region', 'path-style', 'object-lock-days'];

/** `s3://bucket/prefix?endpoint=…&region=…&path-style=yes|no&object-lock-days=N`; USAGE for anything else. */
export function parseS3Location(text: string): S3Location {
  const url = URL.parse(text);
  if (url?.protocol !== 's3:' || url.hash !== '') throw unusable('it is not s3://BUCKET/PREFIX');
  // Such a URL must not be shown: it stands in logs and process lists.
  if (url.username !== '' || url.password !== '') throw unusable('it carries credentials');
  if (!BUCKET.test(url.host)) throw unusable(`${JSON.stringify(url.host)} is no name of a bucket`);
  const prefix = url.pathname.replace(/^\/|\/$/g, '');
  if (prefix !== '' && !isBlobName(prefix)) throw unusable(`${JSON.stringify(prefix)} is no prefix of names`);
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) throw unusable(`it has a parameter ${JSON.stringify(name)}`);
  }
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const endpoint = endpointOf(parameter('endpoint'));
  return {
    bucket: url.host,
    prefix: prefix === '' ? '' : `${prefix}/`,
    endpoint,
    region: parameter('region'),
    pathStyle: yesOrNo(parameter('path-style')) ?? endpoint !== undefined,
    objectLockDays: days(parameter('object-lock-days')),
  };
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.password !== ''
  )
    throw unusable('its endpoint is not http(s)://HOST[:PORT]');
  return url.origin;
}

function yesOrNo(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (text !== 'yes' && text !== 'no') throw unusable('its path-style is neither yes nor no');
  return text === 'yes';
}

function days(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > MAX_LOCK_DAYS)
    throw unusable(`its object-lock-days is not a number from 1 to ${MAX_LOCK_DAYS}`);
  return value;
}

function unusable(why: string): LifeboatError {
  return new LifeboatError('USAGE', `the URL of the S3 vault cannot be used: ${why}`, {
    guidance:
      'Write s3://BUCKET/PREFIX, with ?endpoint=https://HOST&region=REGION for a store that is not Amazon’s. ' +
      'Credentials come from the environment or from ~/.aws, never from the URL.',
  });
}
