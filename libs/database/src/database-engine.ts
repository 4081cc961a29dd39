import type { Readable } from 'node:stream';
import type { DocumentRow, DocumentRows, ImageRow, StoredContent } from '@lifeboat/dxp';
import type { Clock, Log } from '@lifeboat/kernel';
import type { ObjectCounts } from './object-counts.ts';

export interface DatabaseEngineOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Holds password files (0600) and, while one is loaded, a whole dump. */
  readonly tempDir: string;
  /** Where client programs are looked for before the usual places; `PATH` of the process when left out. */
  readonly path?: string | undefined;
}

/**
 * One live database: looked at, dumped from a pinned snapshot, and brought back beside itself.
 *
 * From `load` to `finalize` every step can be run again after a crash and ends the same: the state is read from
 * which names exist. Three names take part: the live one, `stagedName(id)`, and the aside (the old data).
 */
export interface DatabaseEngine {
  /** Versions, grants and counts. Throws DATABASE_UNREACHABLE, _AUTHENTICATION, _GRANTS, _CLIENT_MISSING, _CLIENT_TOO_OLD. */
  probe(): Promise<DatabaseProbe>;
  /** Opens the snapshot that a dump will see (PostgreSQL), or the first look before it (MariaDB, MySQL). */
  pin(): Promise<Pin>;
  exists(): Promise<boolean>;

  stagedName(restoreId: string): string;
  /** Fills a fresh database beside the live one and counts it through. `expected`: what the set recorded, counts by kind and `caseMode`. */
  load(stream: Readable, restoreId: string, expected: Readonly<Record<string, number>>): Promise<LoadReport>;
  /** Keeps everyone but Lifeboat out of the live database until `unfence`. */
  fence(): Promise<void>;
  unfence(): Promise<void>;
  /** The staged database becomes the live one; the old one is kept aside (null: there was none). */
  switchTo(restoreId: string): Promise<{ readonly asideName: string | null; readonly millis: number }>;
  /** The old database is live again; the new one is staged again. */
  switchBack(restoreId: string): Promise<void>;
  discardStaged(restoreId: string): Promise<void>;
  /** Drops what was kept aside: there is no way back after it. */
  finalize(restoreId: string): Promise<void>;
}

export interface DatabaseProbe {
  readonly engine: 'postgresql' | 'mariadb' | 'mysql';
  readonly database: string;
  readonly serverVersion: string;
  readonly clientVersion: string;
  readonly counts: ObjectCounts;
  /** What weakens a backup or a restore without preventing it, one sentence each. */
  readonly warnings: readonly string[];
  /** Whether `switchTo` is one atomic step on this server. */
  readonly switch: 'atomic' | 'not-atomic';
  /** MariaDB, MySQL: `lower_case_table_names`; it must agree between source and target. */
  readonly caseMode?: number;
  /** Undefined where an agent of before 0.2 looked. */
  readonly portal?: PortalFacts;
}

/** Whether a database is a portal's, and whose. */
export interface PortalFacts {
  /** It has the tables of documents and their versions. */
  readonly documentTables: boolean;
  /** Ids of its companies; null without such a table. */
  readonly companies: readonly string[] | null;
}

export interface Pin {
  /** The dump sees exactly `documents()`; false where it opens a snapshot of its own, later: see `secondLook`. */
  readonly isSnapshot: boolean;
  readonly openedAt: Date;
  /** WAL position or binary log coordinates when the snapshot was opened; null where the account may not see them. */
  readonly position: string | null;
  /** PostgreSQL: rows of the pinned snapshot. MariaDB, MySQL: rows read now, before the dump. */
  documents(): AsyncIterable<DocumentRow>;
  /** Those of them that are working copies: few, and soon gone. A moment's work. */
  workingCopies(): AsyncIterable<DocumentRow>;
  dump(): Dump;
  release(): Promise<void>;
}

export interface Dump {
  /** The client's bytes, untouched. */
  readonly stream: Readable;
  /** MariaDB, MySQL: rows as they are once the snapshot is provably open. PostgreSQL: undefined at once. */
  readonly secondLook: Promise<AsyncIterable<DocumentRow> | undefined>;
  /**
   * MariaDB, MySQL: the client stands still once its snapshot is open, so that the second look need not compete with
   * it, until this is called or `STANDSTILL_MILLIS` are over.
   */
  goOn(): void;
  /** Settles after the stream's end; rejects with DATABASE_DUMP_FAILED or DATABASE_DUMP_INCOMPLETE. */
  readonly done: Promise<DumpReport>;
  cancel(): Promise<void>;
}

/** Rows of the portal that say which bytes its document store must hold. Parsed from the dump's own bytes. */
export interface PortalRows {
  readonly documents: DocumentRows;
  readonly images: readonly ImageRow[];
  /** What publications keep in the database. */
  readonly contents: readonly StoredContent[];
  /** What DBStore keeps. */
  readonly storeContents: readonly StoredContent[];
  readonly companies: readonly string[];
  /** Ids of repositories whose bytes are not the portal's own. */
  readonly externalRepositories: readonly string[];
  readonly release: { readonly buildNumber: string | null; readonly schemaVersion: string | null };
}

export interface DumpReport extends PortalRows {
  readonly openedAt: Date;
  readonly closedAt: Date;
  readonly counts: ObjectCounts & { readonly rows: number };
  readonly ddlDuringDump: boolean;
  /** Why what is in the dump may not be of one moment or was not checked, one sentence each. */
  readonly doubts: readonly string[];
  /** Binary log coordinates of exactly this snapshot, when the client wrote them. */
  readonly position: string | null;
  /** Rows by table, as `schema.table` (PostgreSQL) or `table` (`schema.table` in a company partition). */
  readonly rowsByTable: ReadonlyMap<string, number>;
}

export interface LoadReport {
  readonly stagedName: string;
  readonly counts: ObjectCounts & { readonly rows: number };
  /** What could not be kept as it was (owners, grants, definers), one sentence each. */
  readonly warnings: readonly string[];
}
