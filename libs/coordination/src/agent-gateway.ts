import { LifeboatError, type NodeId } from '@lifeboat/kernel';
import type { Command, CommandProgress, CommandResult } from '@lifeboat/wire';

export type Work = NonNullable<Command['work']>;
export type Outcome = NonNullable<CommandResult['outcome']>;

export interface AgentRequest {
  readonly node: NodeId;
  /** The set or restore on whose behalf; an agent refuses an epoch lower than one it has seen for it. */
  readonly operation: string;
  readonly epoch: number;
  readonly work: Work;
  /** How long the work may take before it counts as lost. */
  readonly deadlineSeconds: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CommandProgress) => void) | undefined;
}

/**
 * The agents as coordination sees them. A request survives the loss of the connection: the agent keeps the result
 * until it is acknowledged, and a command is given again only to an agent that does not know it.
 */
export interface AgentGateway {
  isOnline(node: NodeId): boolean;
  /** @throws what the agent failed with, NODE_LOST when it stays away, DEADLINE */
  request(request: AgentRequest): Promise<Outcome>;
}

/** The outcome of the kind that the work promises; anything else is the agent's breach. */
export function expectOutcome<Case extends Outcome['$case']>(
  outcome: Outcome,
  expected: Case,
): Extract<Outcome, { $case: Case }> {
  if (outcome.$case !== expected) {
    throw new LifeboatError(
      'PROTOCOL_BREACH',
      `an agent answered ${outcome.$case} where ${expected} belongs`,
    );
  }
  return outcome as Extract<Outcome, { $case: Case }>;
}
