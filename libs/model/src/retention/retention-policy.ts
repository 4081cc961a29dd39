/** What a rule counts, from the finest to the coarsest. */
export const RETENTION_RULES = ['keepLast', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

export type RetentionRule = (typeof RETENTION_RULES)[number];

/**
 * How many sets each rule keeps: the last ones, and the newest of so many hours, days, weeks, months and years in which
 * there are sets. A set goes when no rule keeps it.
 */
export interface RetentionPolicy extends Readonly<Partial<Record<RetentionRule, number | undefined>>> {
  /** IANA name; in it days begin and end. UTC when left out. */
  readonly timeZone?: string | undefined;
}
