export interface PruneOptions {
  /** Look and tell; change nothing. */
  readonly dryRun: boolean;
  /** How long a chunk carries its tombstone at least before it is deleted. */
  readonly graceMillis: number;
  /** A pack is repacked when this part of its frames, 0 to 1, is dead. */
  readonly deadShare?: number;
  /** Also when most of the vault goes. */
  readonly allowLarge: boolean;
  /** Ends the run where it is; the next one goes on. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: PruneProgress) => void;
}

export type PrunePhase = 'marking' | 'sweeping' | 'weighing' | 'removing' | 'repacking' | 'orphans';

/** `total` is null where it is not known. */
export interface PruneProgress {
  readonly phase: PrunePhase;
  readonly done: number;
  readonly total: number | null;
}

/** What a prune did, or, of a dry run, would do. */
export interface PruneReport {
  readonly dryRun: boolean;
  readonly chunks: {
    /** That remaining sets and bases need. */
    marked: number;
    /** Of those, chunks that lie nowhere. */
    missing: number;
    tombstoned: number;
    /** Had a tombstone and are needed. */
    revived: number;
  };
  readonly bytes: {
    /** Of all closed packs. */
    total: number;
    /** Of frames that may go now. */
    dead: number;
    /** Of frames with a tombstone whose time has not come. */
    waiting: number;
    freed: number;
    copied: number;
  };
  readonly packs: { seen: number; removed: number; repacked: number };
  orphans: { readonly found: number; readonly removed: number };
}
