export { loadAgentPolicy, parseAgentPolicy, type AgentPolicy } from './agent-policy.ts';
export { allowedRoot, assertMayRestore } from './allowed-root.ts';
export type { DownloadCall, DownloadFactory } from './download-call.ts';
export { ChunkFetcher } from './chunk-fetcher.ts';
export { downloadFile } from './download-file.ts';
export { RestoreAgent, type InDoubt, type Operation, type RestoreAgentOptions } from './restore-agent.ts';
export { readGuard, type StartGuard } from './start-guard.ts';
export { scanProcesses } from './process-scan.ts';
export type { StageProgress } from './stage-step.ts';
