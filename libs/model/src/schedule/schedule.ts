/** When sets of a cluster are begun without being asked for. */
export interface Schedule {
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name; in it cron and windows are read. UTC when left out. */
  readonly timeZone?: string | undefined;
  /** When sets may begin: `22:00-06:00`, `sat,sun 00:00-24:00`. Always when left out or empty. */
  readonly windows?: readonly string[] | undefined;
  /** A run begins up to so much later, by the same for one cluster and instant: clusters do not all begin at once. */
  readonly jitterSeconds?: number | undefined;
  /** Runs that were missed are made up for, by one set. True when left out. */
  readonly catchUp?: boolean | undefined;
}

export const DEFAULT_TIME_ZONE = 'UTC';
/** Half a day: more would leave the night that the cron line names. */
export const MAX_JITTER_SECONDS = 43_200;
