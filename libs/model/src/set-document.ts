import type { Statement } from './statement.ts';

/**
 * What a backup set holds, as written into the vault. Its creation there under a name never used before is the
 * set's only commit point; everything a restore needs is reachable from here.
 */
export interface SetDocument {
  readonly version: 1;
  readonly requires: readonly string[];
  readonly uses: readonly string[];
  readonly set: string;
  readonly cluster: { readonly id: string; readonly name: string };
  /** 1, 2, 3… per cluster, without gaps. */
  readonly sequence: number;
  /** SHA-256 (hex) of the previous set document's bytes; null for the first. */
  readonly previous: string | null;
  readonly keyEpoch: number;
  readonly requestedAt: string;
  readonly requestedBy: string;
  readonly sealedAt: string;
  readonly figures: SetFigures;
  readonly captures: readonly CaptureRecord[];
  readonly database: DatabaseRecord | null;
  readonly statement: Statement;
  /** The cluster's definition when the set was taken (canonical JSON). */
  readonly definition: unknown;
}

/** What it took to take the set. */
export interface SetFigures {
  readonly bytes: {
    readonly read: number;
    readonly changed: number;
    readonly wire: number;
    readonly stored: number;
  };
  /** From its request to its end. */
  readonly millis: number;
}

/** One tree of one node (or of the whole cluster, when `node` is null: a shared store, the database dump). */
export interface CaptureRecord {
  readonly node: string | null;
  readonly tree: string;
  readonly kind: TreeKind;
  /** Absolute path of the tree's root when it was captured; empty for what has no place on disk. */
  readonly path: string;
  /** Paths below the root that belong to another tree, relative, UTF-8. */
  readonly excludes: readonly string[];
  /** Paths below the root that a restore empties at its switch: caches that must not outlive the data. */
  readonly cleared: readonly string[];
  /** Hex chunk id of the manifest root. */
  readonly root: string;
  readonly entries: number;
  readonly bytes: number;
  /** When the capture began, by the clock of the node that captured. Sets of before 0.2 do not have it. */
  readonly startedAt?: string;
}

/**
 * liferay-home, application-server, path — switched by rename, entry by entry.
 * document-store — the same, and checked against the document rows.
 * search-index — the Lucene indexes of one node, each at one commit; switched by rename.
 * environment — virtual: the portal process's arguments and LIFERAY_* variables, kept for people.
 * database — virtual: one file, the dump.
 */
export type TreeKind =
  | 'liferay-home'
  | 'application-server'
  | 'document-store'
  | 'search-index'
  | 'path'
  | 'environment'
  | 'database';

export interface DatabaseRecord {
  readonly engine: 'postgresql' | 'mariadb' | 'mysql';
  readonly name: string;
  readonly serverVersion: string;
  readonly clientVersion: string;
  readonly position: string | null;
  /** MariaDB, MySQL: `lower_case_table_names`, which must be the same where the dump is restored. */
  readonly caseMode?: number;
  /** Counts by kind of object (tables, views, triggers, routines, events, largeObjects, rows) found in the dump. */
  readonly counts: Readonly<Record<string, number>>;
}
