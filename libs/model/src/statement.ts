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
  readonly searchIndex: StatementSearchIndex;
  readonly warnings: readonly string[];
}

/**
 * consistent — every document row at T has its bytes, every node took part.
 * consistent-with-known-losses — what is missing was missing in the previous sealed set too, or was acknowledged.
 * incomplete — a new loss, an absent node, or a doubt about the database.
 */
export type Guarantee = 'consistent' | 'consistent-with-known-losses' | 'incomplete';

export interface StatementNode {
  readonly node: string;
  readonly trees: readonly StatementTree[];
}

export interface StatementTree {
  readonly tree: string;
  /** `commit`: of a search index, whose own commit says which files belong to it. */
  readonly provedBy: 'walk' | 'commit';
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
  /** How many of `missing` are known: the previous sealed set missed them too, or somebody acknowledged them. */
  readonly knownMissing: number;
  readonly sizeMismatch: readonly WrongSizeDocument[];
  /** Rows whose path would lead out of the store. Sets of before 0.2 have them among `missing`. */
  readonly outsideStore?: readonly MissingDocument[];
  /** Expected paths of all losses, images among them, that are not known. Sets of before 0.2 do not say. */
  readonly newLosses?: readonly string[];
  /** How many losses somebody acknowledged with a reason. */
  readonly acknowledged?: number;
  readonly ambiguous: readonly string[];
  /** Rows inside publications, whose bytes are in the database. */
  readonly inPublication: number;
  /** Rows whose bytes are in a repository outside the portal (CMIS, SharePoint): not part of any set. */
  readonly inExternalRepository?: number;
  readonly orphanFiles: number;
  /** Files that the portal makes again by itself: previews, thumbnails, adaptive media, cached text. */
  readonly derived?: {
    readonly files: number;
    readonly bytes: number;
    /** Previews, thumbnails and adaptive media were left out of the set, as cluster.yaml says. */
    readonly skipped: boolean;
  };
  /** The store is DBStore: its bytes are rows of the dump, or large objects that those name. */
  readonly inDatabase?: { readonly contents: number; readonly bytes: number };
  /** Folders of the store named like a company that the database does not know. */
  readonly companiesWithoutRow?: readonly string[];
  readonly images: {
    readonly rows: number;
    readonly resolved: number;
    readonly inPublication?: number;
    /** Expected paths. */
    readonly missing: readonly string[];
    /** Paths. Sets of before 0.2 have them among `missing`. */
    readonly sizeMismatch?: readonly string[];
  };
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

/** A document whose file is there, with other bytes than its row says. */
export interface WrongSizeDocument extends MissingDocument {
  /** Bytes of the file. Sets of before 0.2 do not say. */
  readonly actualSize?: number;
}

/** Sets of before 0.2 say nothing. */
export interface StatementSearchIndex {
  /** Indexes that the set holds, each at one commit of its own node. */
  readonly indexes?: readonly StatementIndex[];
  /** What was seen and is not in the set: after a restore it is rebuilt. */
  readonly leftOut?: readonly { readonly node: string; readonly path: string; readonly reason: string }[];
}

export interface StatementIndex {
  readonly node: string;
  /** Below the folder of the node's indexes: the company's id. */
  readonly folder: string;
  /** `segments_N`. */
  readonly commit: string;
  readonly committedAt: string;
  readonly luceneVersion: string | null;
  readonly documents: number;
  readonly files: number;
  readonly bytes: number;
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
