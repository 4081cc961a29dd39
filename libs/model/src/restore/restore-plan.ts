/** A restore decided but not begun: printable, and refused when the world it was made for has changed. */
export interface RestorePlan {
  readonly plan: string;
  readonly set: string;
  readonly cluster: string;
  readonly createdAt: string;
  readonly slices: readonly RestoreSlice[];
  readonly database: DatabaseSlice | null;
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
  readonly entries: number;
  readonly bytes: number;
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
