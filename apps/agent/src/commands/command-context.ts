import type { SealingContext, UploadFactory, WorkerPool } from '@lifeboat/capture/agent';
import type { Clock, Log } from '@lifeboat/kernel';
import type { AgentPolicy, RestoreAgent } from '@lifeboat/restore/agent';
import type { CommandProgress } from '@lifeboat/wire';

import type { DatabaseDesk } from '../database/database-desk.ts';
import type { Holds } from './holds.ts';

/** What an agent's commands work with. */
export interface CommandContext {
  readonly stateDir: string;
  readonly policy: AgentPolicy;
  readonly workers: WorkerPool;
  readonly holds: Holds;
  readonly restores: RestoreAgent;
  readonly databases: DatabaseDesk;
  readonly upload: UploadFactory;
  /** From the server's latest welcome. */
  readonly sealing: () => SealingContext;
  readonly clock: Clock;
  readonly log: Log;
}

/** One command on its way. */
export interface CommandCall {
  readonly operationId: string;
  readonly epoch: bigint;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Omit<CommandProgress, 'commandId'>) => void;
}
