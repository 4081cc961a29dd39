export { type AgentInstall, planAgent } from './plan-agent.ts';
export { carryOut, type Outcome } from './carry-out.ts';
export { describePlan } from './describe-plan.ts';
export type { InstallPlan, PlannedFile } from './install-plan.ts';
export { planServer, type ServerInstall } from './plan-server.ts';
export { PROGRAMS, type App } from './programs.ts';
