/** A whole Lifeboat on one machine, every part a real process: for the quickstart, for stories, for development. */
export { AgentProcess, type AgentPolicyFile } from './agent-process.ts';
export { PortalCluster, type PortalClusterOptions } from './portal-cluster.ts';
export { problemsOf, programArguments, startProgram, type Program } from './programs.ts';
export { runCli, type CliResult } from './run-cli.ts';
export { ServerProcess } from './server-process.ts';
