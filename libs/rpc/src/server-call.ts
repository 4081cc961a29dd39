/**
 * The little of a gRPC duplex call that the server half needs; grpc-js's ServerDuplexStream satisfies it. 'cancelled'
 * comes when the other side or the connection is gone.
 */
export interface ServerCall<Request, Response> {
  on(event: 'data', listener: (request: Request) => void): unknown;
  on(event: 'end' | 'cancelled' | 'drain', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** False: wait for 'drain' before more. `written` is called when the response's bytes are not looked at any more. */
  write(response: Response, written?: () => void): boolean;
  end(): unknown;
  pause(): unknown;
  resume(): unknown;
}
