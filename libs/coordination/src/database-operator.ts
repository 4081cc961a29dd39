import type { DatabaseProbe, DumpReport, LoadReport } from '@lifeboat/database';
import type { DocumentRow } from '@lifeboat/dxp';
import type { CaptureResult } from '@lifeboat/wire';

/** The set or restore for which a database is opened. */
export interface DatabaseOperation {
  readonly operation: string;
  /** Asked at every step: a roll-back goes on under a higher one. */
  readonly epoch: () => number;
  /** Ends the waiting for what only looks or dumps; never a step that undoes. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A cluster's database as coordination sees it, wherever its client programs run (this server, or the agent that
 * `runOn` names). Dumps go into the vault as a capture of one virtual file, never through a temporary copy.
 */
export interface DatabaseOperator {
  /** @throws DATABASE_* with the exact GRANT when the account does not see everything */
  probe(): Promise<DatabaseProbe>;
  pin(): Promise<DatabasePin>;
  exists(): Promise<boolean>;
  /** `dump`: root of the capture that is one. */
  load(dump: Buffer, restore: string, expected: Readonly<Record<string, number>>): Promise<LoadReport>;
  fence(): Promise<void>;
  unfence(): Promise<void>;
  switchTo(restore: string): Promise<{ readonly millis: number }>;
  switchBack(restore: string): Promise<void>;
  discardStaged(restore: string): Promise<void>;
  finalize(restore: string): Promise<void>;
  close(): Promise<void>;
}

/** The database at one instant: a snapshot where the engine can share one, else the moment of its dump. */
export interface DatabasePin {
  /** The dump sees exactly `documents()`; false: it opens a snapshot of its own, see `secondLook`. */
  readonly isSnapshot: boolean;
  readonly openedAt: Date;
  readonly position: string | null;
  documents(): AsyncIterable<DocumentRow>;
  /** Those of them that are working copies; undefined where reading them alone is no quicker than reading all. */
  workingCopies(): AsyncIterable<DocumentRow> | undefined;
  dump(): DatabaseDump;
  release(): Promise<void>;
}

export interface DatabaseDump {
  /** Rows read when the dump's snapshot is provably open; undefined where `documents()` is that snapshot. */
  readonly secondLook: Promise<AsyncIterable<DocumentRow> | undefined>;
  /** The dump may stand still while the second look is taken: not after this. */
  goOn(): void;
  /** Settles when the dump is complete in the vault and its counts match. */
  readonly finished: Promise<{ readonly capture: CaptureResult; readonly report: DumpReport }>;
  cancel(): Promise<void>;
}
