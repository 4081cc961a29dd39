/**
 * What a database holds, counted the same way in the server's catalog and in the bytes of a dump.
 * A type rather than an interface, so that it is a `Record<string, number>` where a set document keeps it.
 */
export type ObjectCounts = {
  /** Base tables; partitioned parents and foreign tables included, views not. */
  readonly tables: number;
  /** Plain and materialised views. */
  readonly views: number;
  readonly triggers: number;
  /** Functions, procedures and aggregates. */
  readonly routines: number;
  /** MariaDB/MySQL events; PostgreSQL event triggers. */
  readonly events: number;
  /** PostgreSQL only. */
  readonly largeObjects: number;
  /** PostgreSQL rewrite rules other than those that make a view; 0 elsewhere. */
  readonly rules: number;
  /** MariaDB and PostgreSQL sequences. */
  readonly sequences: number;
};

export const OBJECT_KINDS = [
  'tables',
  'views',
  'triggers',
  'routines',
  'events',
  'largeObjects',
  'rules',
  'sequences',
] as const satisfies readonly (keyof ObjectCounts)[];

/** Counts kept with a set may come from a release that knew fewer kinds. */
export type SomeCounts = Readonly<Partial<Record<keyof ObjectCounts, number>>>;

/** Says where two counts differ: `triggers: 2 in the database, 0 in the dump`; empty when they agree. */
export function compareCounts(a: SomeCounts, aName: string, b: SomeCounts, bName: string): string[] {
  return OBJECT_KINDS.filter(
    (kind) => a[kind] !== undefined && b[kind] !== undefined && a[kind] !== b[kind],
  ).map((kind) => `${kind}: ${a[kind]} ${aName}, ${b[kind]} ${bName}`);
}
