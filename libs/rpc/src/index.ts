export { AgentChannel, type AgentChannelOptions } from './agent-channel.ts';
export {
  AgentServer,
  type AgentHandlers,
  type AgentServerOptions,
  type Authenticate,
  type DuplexHandler,
} from './agent-server.ts';
export { CHANNEL_OPTIONS, FLOW_CONTROL_WINDOW_BYTES, MAX_MESSAGE_BYTES } from './limits.ts';
export { fromStatus, toStatus } from './status.ts';
export { demandTls13 } from './tls-policy.ts';
export type { ServerCall } from './server-call.ts';
