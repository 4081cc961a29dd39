import type { ServerHttp2Stream } from 'node:http2';
import { FLOW_CONTROL_WINDOW_BYTES } from './limits.ts';

/** On this diagnostics channel Node tells of every stream that a server gets. */
export const STREAM_CREATED = 'http2.server.stream.created';

/**
 * grpc-js widens the window of clients alone: a server would receive through HTTP/2's 64 KiB, and grant new ones with a
 * packet for each 32. It does not give its sessions away either, so each one's first stream widens it, for all streams.
 */
export function widenReceiveWindow(message: unknown): void {
  const { session } = (message as { stream: ServerHttp2Stream }).stream;
  if (session === undefined || (session.state.effectiveLocalWindowSize ?? 0) >= FLOW_CONTROL_WINDOW_BYTES)
    return;
  session.settings({ initialWindowSize: FLOW_CONTROL_WINDOW_BYTES });
  session.setLocalWindowSize(FLOW_CONTROL_WINDOW_BYTES);
}
