import { Transform } from 'node:stream';

/** What looks at bytes that pass by. */
export interface Observer {
  /** A promise: this chunk and all after it wait for it. */
  push(chunk: Buffer): Promise<void> | void;
  /** After the last byte; throws when something is missing. */
  finish(): void;
}

/** Passes bytes on untouched, showing each chunk to `observer` first; what the observer throws ends the stream. */
export function tap(observer: Observer): Transform {
  return new Transform({
    readableHighWaterMark: 1 << 20,
    writableHighWaterMark: 1 << 20,
    transform(chunk: Buffer, _encoding, done): void {
      let wait: Promise<void> | void;
      try {
        wait = observer.push(chunk);
      } catch (thrown) {
        done(thrown as Error);
        return;
      }
      if (wait === undefined) done(null, chunk);
      else wait.then(() => done(null, chunk), done);
    },
  });
}
