/** One system under measurement: everything it needs is started by `open` and ended by `close`. */
export interface Contender {
  readonly name: string;
  /** Program and version, for the record. */
  readonly version: string;
  /** A first backup of the corpus into an empty repository; the state of a `backup` before is forgotten. */
  backup(): Promise<Measured>;
  /** A second backup with nothing changed since. */
  incremental(): Promise<Measured>;
  close(): Promise<void>;
}

export interface Measured {
  readonly millis: number;
  /** Highest resident set of each process, bytes, where it is known. */
  readonly resident: Readonly<Record<string, number>>;
  /** CPU seconds of each process during the work, where they are known. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Bytes in the repository afterwards. */
  readonly stored: number;
  /** Bytes that crossed the wire, where it is known. */
  readonly wire?: number;
}
