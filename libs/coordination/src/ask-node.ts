import type { NodeId } from '@lifeboat/kernel';

import type { Outcome, Work } from './agent-gateway.ts';
import type { Services } from './services.ts';

/** Hours for what moves bytes, minutes for what does not. */
const SLOW_SECONDS = 24 * 3600;
const QUICK_SECONDS = 120;
/** Stopping and starting a portal takes as long as the node's own policy file allows; this only bounds a lost agent. */
const PORTAL_SECONDS = 1800;

export interface NodeOperation {
  readonly node: NodeId;
  readonly operation: string;
  readonly epoch: number;
  readonly signal?: AbortSignal | undefined;
}

/** Gives one command to a node's agent within the time that its kind of work may take. */
export function askNode(services: Services, target: NodeOperation, work: Work): Promise<Outcome> {
  return services.effects.agents.request({ ...target, work, deadlineSeconds: deadlineOf(work) });
}

function deadlineOf(work: Work): number {
  switch (work.$case) {
    case 'captureTree':
    case 'stageTree':
    case 'databaseWork':
    // What was to be kept and has changed may have to be fetched.
    case 'settleTrees':
    case 'rollBackRestore':
      return SLOW_SECONDS;
    case 'quiesce':
    case 'startPortal':
    case 'abortRestore':
    case 'switchTrees':
    case 'finalizeRestore':
      return PORTAL_SECONDS;
    case 'inspectNode':
    case 'armHold':
    case 'captureHeld':
    case 'releaseHold':
    case 'lookUpPaths':
    case 'recordDecision':
      return QUICK_SECONDS;
  }
}
