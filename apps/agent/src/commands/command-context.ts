import type { SealingContext, UploadFactory, WorkerPool } from '@lifeboat/capture/agent';
import type { Clock, Log } from '@lifeboat/kernel';
import type { AgentPolicy, RestoreAgent } from '@lifeboat/restore/agent';
import type { VerifiedFiles } from '@lifeboat/search-index';
import type { CommandProgress } from '@lifeboat/wire';

import type { DatabaseDesk } from '../database/database-desk.ts';
import type { Holds } from './holds.ts';

/** What an agent's commands work with. */
export interface CommandContext {
  /** Name of this node. */
  readonly node: string;
  readonly stateDir: string;
  readonly policy: AgentPolicy;
  readonly workers: WorkerPool;
  readonly holds: Holds;
  /** Files of the search index that were read and found whole. */
  readonly verifiedIndexFiles: VerifiedFiles;
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
