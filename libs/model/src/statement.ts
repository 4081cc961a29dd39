/**
 * The consistency statement: what a set holds, and the proof that it belongs together (design: taking a set).
 * Stored in the set document; shown by command line, API and console. Times are ISO 8601 UTC.
 */
export interface Statement {
  readonly set: string;
  readonly point: {
    readonly from: string;
    readonly to: string;
    readonly position: string | null;
    readonly pins: number;
  } | null;
  readonly fence: { readonly openedAt: string; readonly closedAt: string; readonly millis: number } | null;
  readonly guarantee: Guarantee;
  readonly nodes: readonly StatementNode[];
  readonly absentNodes: readonly string[];
  readonly documents: StatementDocuments | null;
  readonly database: StatementDatabase | null;
  readonly searchIndex: Readonly<Record<string, never>>;
  readonly warnings: readonly string[];
}

/**
 * consistent — every document row at T has its bytes, every node took part.
 * consistent-with-known-losses — what is missing was missing in the previous sealed set too.
 * incomplete — a new loss, an absent node, or a doubt about the database.
 */
export type Guarantee = 'consistent' | 'consistent-with-known-losses' | 'incomplete';

export interface StatementNode {
  readonly node: string;
  readonly trees: readonly StatementTree[];
}

export interface StatementTree {
  readonly tree: string;
  readonly provedBy: 'walk';
  readonly entries: number;
  readonly bytes: number;
  /** Paths (UTF-8, lossy) that changed while they were read and were kept as last read. */
  readonly changedWhileRead: readonly string[];
  /** Things that were seen but not kept, and why: sockets, unreadable files, lost attributes. */
  readonly notKept: readonly { readonly path: string; readonly reason: string }[];
}

export interface StatementDocuments {
  /** Document version rows at T whose bytes belong in the store. */
  readonly rows: number;
  readonly resolved: number;
  readonly resolvedByMove: number;
  readonly missing: readonly MissingDocument[];
  /** How many of `missing` the previous sealed set missed too. */
  readonly knownMissing: number;
  readonly sizeMismatch: readonly MissingDocument[];
  readonly ambiguous: readonly string[];
  /** Rows inside publications, whose bytes are in the database. */
  readonly inPublication: number;
  readonly orphanFiles: number;
  readonly images: { readonly rows: number; readonly resolved: number; readonly missing: readonly string[] };
}

export interface MissingDocument {
  readonly companyId: string;
  readonly groupId: string;
  readonly folderId: string;
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly expectedPath: string;
  readonly size: number;
  readonly status: number;
}

export interface StatementDatabase {
  readonly engine: 'postgresql' | 'mariadb' | 'mysql';
  readonly serverVersion: string;
  readonly portalBuild: string | null;
  readonly schemaVersion: string | null;
  readonly tables: number;
  readonly rows: number;
  readonly ddlDuringDump: boolean;
  readonly largeObjects: number;
  /** Why what is in the dump may not be of one moment or was not checked, one sentence each. Older sets do not say. */
  readonly doubts?: readonly string[];
}
