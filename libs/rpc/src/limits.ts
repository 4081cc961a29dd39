/** Limits of the agent protocol on the wire; PROTOCOL.md gives the reasons. */

/** Frames and chunks come in messages of at most 8 MiB; the rest is head room for the envelope. */
export const MAX_MESSAGE_BYTES = 9 * 1024 * 1024;

/** HTTP/2 window of each stream and connection: below this, one cannot use a fast network's bandwidth × delay. */
export const FLOW_CONTROL_WINDOW_BYTES = 16 * 1024 * 1024;

/** A peer that is silent for both is gone: half-open connections are found within 20 seconds. */
export const KEEPALIVE_TIME_MILLIS = 10_000;
export const KEEPALIVE_TIMEOUT_MILLIS = 10_000;

/** Options that both ends of a channel set on purpose. */
export const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.keepalive_time_ms': KEEPALIVE_TIME_MILLIS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MILLIS,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
} as const;
