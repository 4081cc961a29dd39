import { Transform } from 'node:stream';

/** What looks at bytes that pass by. */
export interface Observer {
  push(chunk: Buffer): void;
  /** After the last byte; throws when something is missing. */
  finish(): void;
}

/** Passes bytes on untouched, showing each chunk to `observer` first; what the observer throws ends the stream. */
export function tap(observer: Observer): Transform {
  return new Transform({
    readableHighWaterMark: 1 << 20,
    writableHighWaterMark: 1 << 20,
    transform(chunk: Buffer, _encoding, done): void {
      try {
        observer.push(chunk);
      } catch (thrown) {
        done(thrown as Error);
        return;
      }
      done(null, chunk);
    },
  });
}
