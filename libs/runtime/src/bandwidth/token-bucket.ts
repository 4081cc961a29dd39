/** What may go at once after a pause, in seconds of the rate. */
const BURST_SECONDS = 0.5;

/**
 * Bytes that may go now. They come in at the rate, up to a burst. A message larger than the burst goes when the bucket
 * is full, and leaves a debt. So in any time t there go at most `rate * t`, and the larger of a burst and a message.
 */
export interface TokenBucket {
  readonly tokens: number;
  /** Bytes a second; Infinity: no limit. */
  readonly rate: number;
  /** Milliseconds of a monotonic clock. */
  readonly at: number;
}

export function emptyBucket(rate: number, at: number): TokenBucket {
  return { tokens: 0, rate, at };
}

export function burstOf(rate: number): number {
  return rate * BURST_SECONDS;
}

/** Over a change of the rate the lower one counts: when it changed is not known. */
export function refill(bucket: TokenBucket, rate: number, at: number): TokenBucket {
  if (rate === Infinity) return emptyBucket(rate, at);
  const earned = (Math.min(bucket.rate, rate) * Math.max(0, at - bucket.at)) / 1000;
  return { tokens: Math.min(burstOf(rate), bucket.tokens + earned), rate, at };
}

/** Undefined: they must wait. */
export function spend(bucket: TokenBucket, bytes: number): TokenBucket | undefined {
  if (bucket.rate === Infinity) return bucket;
  if (waitMillis(bucket, bytes) > 0) return undefined;
  return { ...bucket, tokens: bucket.tokens - bytes };
}

/** Until so many may go, whole milliseconds. */
export function waitMillis({ tokens, rate }: TokenBucket, bytes: number): number {
  if (rate === Infinity) return 0;
  return Math.max(0, Math.ceil(((Math.min(bytes, burstOf(rate)) - tokens) / rate) * 1000));
}
