import { isLifeboatError, LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';

/** What is known of a failed request: the status (undefined: no answer came) and the S3 name of the error. */
export interface S3Failure {
  readonly status: number | undefined;
  readonly name: string;
  /** The store may answer when asked again. */
  readonly transient: boolean;
}

/** Answers that say "not now" with a status that otherwise says "never". */
const TRANSIENT_NAMES = new Set([
  'RequestTimeout',
  'BadDigest',
  'ConditionalRequestConflict',
  // The SDK has learnt the store's time from that answer.
  'RequestTimeTooSkewed',
  'TimeoutError',
]);
const TRANSIENT_STATUS = new Set([408, 429, 500, 502, 503, 504]);
/** Of a connection that could not be made, or broke. */
const TRANSIENT_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** An answer that ended before it should have. */
export class CutShort extends Error {
  override readonly name = 'CutShort';
}

export function readS3Failure(thrown: unknown): S3Failure {
  const { name = '', $metadata } = thrown as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const transient =
    TRANSIENT_NAMES.has(name) ||
    TRANSIENT_SYSTEM_CODES.has(systemCodeOf(thrown) ?? '') ||
    thrown instanceof CutShort ||
    // Success that could not be read to its end.
    (status !== undefined && (TRANSIENT_STATUS.has(status) || status < 300));
  return { status, name, transient };
}

/** As an error for the operator. `what` was asked, e.g. "put packs/aa/…"; `place` is the vault's URL. */
export function s3Error(thrown: unknown, what: string, place: string): LifeboatError {
  if (isLifeboatError(thrown)) return thrown;
  const { status, name, transient } = readS3Failure(thrown);
  const said = `${name === '' ? 'error' : name}${status === undefined ? '' : ` (${status})`}: ${messageOf(thrown)}`;
  const options = { cause: thrown, context: { place, status, name } };
  if (status === 507 || name === 'QuotaExceeded' || name === 'EntityTooLarge') {
    return new LifeboatError('VAULT_FULL', `${place} has no room to ${what}: ${said}`, {
      ...options,
      guidance: 'Raise the quota of the bucket, then take the set again; nothing sealed is lost.',
    });
  }
  if (transient) {
    return new LifeboatError(
      'VAULT_UNREACHABLE',
      `${place} did not ${what}, asked again and again: ${said}`,
      {
        ...options,
        guidance:
          'See whether the store is up and has room (some say 503 when they are full), and whether this server reaches it. ' +
          'Then take the set again: what had arrived is not sent again.',
      },
    );
  }
  return new LifeboatError('VAULT_REFUSED', `${place} refuses to ${what}: ${said}`, {
    ...options,
    guidance: guidanceFor(name, status, said),
  });
}

/** What S3 calls the errors of a wrong region, and what the SDK says when it has none. */
const REGION =
  /^(AuthorizationHeaderMalformed|PermanentRedirect|IllegalLocationConstraintException)|Region is missing/;

function guidanceFor(name: string, status: number | undefined, said: string): string {
  if (status === 404 || name === 'InvalidBucketName') return 'Make the bucket first; Lifeboat does not.';
  if (REGION.test(said))
    return 'Name the region of the bucket: AWS_REGION, or region=… in the URL of the vault.';
  if (name === 'CredentialsProviderError' || name === 'ExpiredToken' || status === 401 || status === 403) {
    return (
      'Give the server credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE) that may list the bucket ' +
      'and read, write and delete objects below the prefix.'
    );
  }
  return 'See docs/install-server.md for what the store must be able to do.';
}
