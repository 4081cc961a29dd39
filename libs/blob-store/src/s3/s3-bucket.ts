import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { LifeboatError } from '@lifeboat/kernel';
import { DEFAULT_RETRY, retrying, type RetryPolicy } from './retrying.ts';
import { s3Error } from './s3-failure.ts';
import type { S3Location } from './s3-location.ts';

export interface S3BucketOptions {
  readonly location: S3Location;
  /** The SDK's own chain when left out: environment, shared files, instance metadata. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly retry?: RetryPolicy;
  /** Without a byte in either direction; a connection is given up on sooner. */
  readonly idleMillis?: number;
  /** Most keys of one page of a listing. */
  readonly pageKeys?: number;
}

const CONNECT_MILLIS = 10_000;
const IDLE_MILLIS = 60_000;
const SOCKETS = 32;
const PAGE_KEYS = 1000;

/** One prefix of one bucket: where keys lie, and how anything is asked of it (again, where that may help). */
export class S3Bucket {
  /** For people: s3://bucket/prefix. */
  readonly place: string;
  readonly objectLockDays: number | undefined;
  readonly pageKeys: number;
  readonly #client: S3Client;
  readonly #location: S3Location;
  readonly #retry: RetryPolicy;

  constructor(options: S3BucketOptions) {
    const { location, credentials, retry = DEFAULT_RETRY, idleMillis = IDLE_MILLIS } = options;
    const { bucket, prefix, endpoint, region, pathStyle, objectLockDays } = location;
    this.place = `s3://${bucket}/${prefix.slice(0, -1)}`;
    this.objectLockDays = objectLockDays;
    this.pageKeys = options.pageKeys ?? PAGE_KEYS;
    this.#location = location;
    this.#retry = retry;
    const config: S3ClientConfig = {
      forcePathStyle: pathStyle,
      // Checksums of the SDK's default kind are refused by stores that do not know them; Content-MD5 all of them do.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: Math.min(CONNECT_MILLIS, idleMillis),
        socketTimeout: idleMillis,
        httpAgent: { maxSockets: SOCKETS, keepAlive: true },
        httpsAgent: { maxSockets: SOCKETS, keepAlive: true },
      },
    };
    if (endpoint !== undefined) config.endpoint = endpoint;
    if (region !== undefined) config.region = region;
    if (credentials !== undefined) config.credentials = credentials;
    this.#client = new S3Client(config);
    // In the place of the SDK's retries, which other steps are ordered after; `retrying` does it instead.
    this.#client.middlewareStack.add((next) => next, {
      name: 'retryMiddleware',
      step: 'finalizeRequest',
      priority: 'high',
      override: true,
    });
  }

  /** Bucket and key of a blob (or of one of our own names), as every command takes them. */
  at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#location.bucket, Key: this.#location.prefix + name };
  }

  get inside(): { Bucket: string } {
    return { Bucket: this.#location.bucket };
  }

  /** The blob's name of a key that was listed. VAULT_REFUSED for one that was not asked for. */
  nameOf(key: string): string {
    if (!key.startsWith(this.#location.prefix)) {
      throw new LifeboatError('VAULT_REFUSED', `${this.place} lists ${JSON.stringify(key.slice(0, 100))}`);
    }
    return key.slice(this.#location.prefix.length);
  }

  /**
   * Asks until the answer is there. What went wrong is thrown as it was, for those who can tell what it means; all
   * others call `ask`.
   */
  async attempt<T>(request: (client: S3Client) => Promise<T>): Promise<T> {
    return retrying(this.#retry, async () => request(this.#client));
  }

  /** `what` completes "it did not …". VAULT_UNREACHABLE, VAULT_REFUSED, VAULT_FULL. */
  async ask<T>(what: string, request: (client: S3Client) => Promise<T>): Promise<T> {
    return this.attempt(request).catch((thrown: unknown) => {
      throw s3Error(thrown, what, this.place);
    });
  }

  close(): void {
    this.#client.destroy();
  }
}
