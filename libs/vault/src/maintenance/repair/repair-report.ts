export interface RepairOptions {
  /** Look and tell; change nothing. */
  readonly dryRun: boolean;
  /** Read every byte of every pack; else of those that a look at their ends or an earlier proof makes suspect. */
  readonly readData: boolean;
  /** Also when most of the vault's packs are gone. */
  readonly allowLarge: boolean;
  /** Ends the run between two packs; the next one goes on. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: RepairProgress) => void;
}

export type RepairPhase = 'packs' | 'sets' | 'mending' | 'records' | 'sets again';

/** `total` is null where it is not known. */
export interface RepairProgress {
  readonly phase: RepairPhase;
  readonly done: number;
  readonly total: number | null;
}

/** What became of something that was wrong, or, of a dry run, would. */
export type RepairOutcome =
  /** It is whole after all, and counts again. */
  | 'healed'
  /** Its intact frames lie in another pack, itself in the quarantine. */
  | 'salvaged'
  /** It was put back from somewhere else, the damaged one is in the quarantine. */
  | 'replaced'
  /** The vault had it, the catalog knows it again. */
  | 'adopted'
  /** The catalog's rows say again what the vault has. */
  | 'rows'
  /** It is gone; the catalog tells of it no more. */
  | 'forgotten'
  /** Moved into the quarantine, and not needed. */
  | 'quarantined'
  /** Nothing was done: nobody knows better, or a newer release wrote it. */
  | 'left';

export interface RepairItem {
  /** Name of the pack, set document or record. */
  readonly subject: string;
  /** The first finding, in words. */
  readonly wrong: string;
  readonly outcome: RepairOutcome;
  /** What came back, from where, and what did not. */
  readonly detail: string;
}

/** A tree of a hit set, and files of it whose bytes are not all there. */
export interface HitTree {
  /** A name; null for what belongs to no single node. */
  readonly node: string | null;
  readonly tree: string;
  readonly files: number;
  /** The first of them. */
  readonly paths: readonly string[];
}

export interface HitSet {
  readonly set: string;
  readonly cluster: string;
  readonly sequence: number;
  /** `mendable`: of a dry run, everything that it lacks would come back. */
  readonly state: 'hit' | 'mendable' | 'mended';
  /** Of a mended one, those that were hit. */
  readonly trees: readonly HitTree[];
}

export interface RepairReport {
  readonly dryRun: boolean;
  readonly packs: { seen: number; damaged: number };
  readonly chunks: {
    /** In intact frames of damaged packs. */
    salvaged: number;
    /** Of damaged packs, with a good copy in another pack: sent by another node, or again. */
    elsewhere: number;
    /** Taken from the replica. */
    replica: number;
    /** Nowhere: the next capture of a node that still holds the bytes sends them again. */
    lost: number;
  };
  readonly items: RepairItem[];
  /** That were hit before. */
  readonly sets: HitSet[];
  /** Names of blobs in the quarantine that this run has put there. */
  readonly quarantined: string[];
}
