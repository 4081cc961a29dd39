import type { DownloadRequest, DownloadResponse } from '@lifeboat/wire';

/** What is asked of a Download call: a grpc-js duplex stream satisfies it. */
export interface DownloadCall {
  write(request: DownloadRequest): boolean;
  on(event: 'data', listener: (response: DownloadResponse) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  end(): void;
  cancel(): void;
}

/** A fresh call: a broken one is never used again. */
export type DownloadFactory = () => DownloadCall;
