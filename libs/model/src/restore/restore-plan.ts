/**
 * What of a live tree stays where it is when a set is restored over it. `unchanged`: what its status shows untouched
 * since it was captured, and what proves equal when it is read. `verified`: the latter alone. `nothing`: the whole tree
 * is replaced.
 */
export const KEEP_RULES = ['unchanged', 'verified', 'nothing'] as const;
export type KeepRule = (typeof KEEP_RULES)[number];

/** A restore decided but not begun: printable, and refused when the world it was made for has changed. */
export interface RestorePlan {
  readonly plan: string;
  readonly set: string;
  readonly cluster: string;
  readonly createdAt: string;
  readonly slices: readonly RestoreSlice[];
  readonly database: DatabaseSlice | null;
  /** One for each portal. Plans of before 0.2 do not have it. */
  readonly searchIndex?: readonly SearchIndexSlice[];
  readonly warnings: readonly string[];
}

/** One tree on one node. */
export interface RestoreSlice {
  readonly node: string;
  readonly tree: string;
  readonly kind: string;
  readonly path: string;
  readonly excludes: readonly string[];
  /** Hex chunk id of the manifest root. */
  readonly root: string;
  /** When its capture began, by the clock of the node that captured; null: not known. */
  readonly capturedAt: string | null;
  readonly keep: KeepRule;
  readonly entries: number;
  /** What stays where it is, as far as sizes and times tell: directories with something kept beneath included. */
  readonly entriesKept: number;
  /** Live entries that the set does not have, one with all below counted once: they go aside. */
  readonly entriesRemoved: number;
  readonly bytes: number;
  readonly bytesKept: number;
  readonly bytesToFetch: number;
  readonly bytesSeeded: number;
  readonly filesReplaced: number;
  /** Relative paths emptied at the switch: caches that must not survive. */
  readonly cleared: readonly string[];
}

export interface DatabaseSlice {
  /** `server` or a node's name. */
  readonly runOn: string;
  readonly engine: string;
  readonly name: string;
  readonly root: string;
  readonly bytes: number;
}

/** What becomes of a node's search index. */
export interface SearchIndexSlice {
  readonly node: string;
  /** `put-back`: as the set holds it. `reset`: emptied where it lies on the node, and otherwise left to its owner. */
  readonly action: 'put-back' | 'reset';
  /** It must be rebuilt from the restored database before searches are complete. */
  readonly reindex: boolean;
  readonly reasons: readonly string[];
}

/** R2: the one durable word that sends every participant forward or back. */
export interface DecisionRecord {
  readonly restore: string;
  readonly cluster: string;
  readonly decision: 'switch' | 'roll-back';
  readonly epoch: number;
  readonly participants: readonly string[];
  readonly decidedAt: string;
}

export interface SignedDecision {
  readonly record: DecisionRecord;
  /** Ed25519 over the canonical JSON of `record`, base64. */
  readonly signature: string;
}
