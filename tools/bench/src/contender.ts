import type { Survey } from './corpus/survey.ts';

/**
 * One system under measurement. Every method that measures also checks: what it answers is right, or it throws
 * `WrongResult`.
 */
export interface Contender {
  readonly name: string;
  /** Program and version, for the record. */
  readonly version: string;
  /** It keeps times of files to the second only: no fault of a run. */
  readonly wholeSeconds?: boolean;
  /** Starts what it needs, with an empty repository; whatever was before is forgotten. */
  begin(trees: readonly string[]): Promise<void>;
  /** Takes a backup. `expected`: what each tree holds, in their order. */
  backup(expected: readonly Survey[]): Promise<Measured>;
  /** Until nothing of the last backup is still being worked on. */
  settle(): Promise<void>;
  /** Brings the last backup back. */
  restore(): Promise<Restored>;
  /** From now on a second machine that holds the same trees is backed up as well. */
  addNode(): Promise<void>;
  /** Ends and removes all of it; may be called at any time, and twice. */
  close(): Promise<void>;
}

export interface Measured {
  readonly millis: number;
  /** Highest resident set of each process, bytes. */
  readonly resident: Readonly<Record<string, number>>;
  /** CPU seconds of each process during the work. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Bytes in the repository afterwards. */
  readonly stored?: number;
  /** Bytes that crossed the wire, where there is one. */
  readonly wire?: number;
  /** What else this work tells, by name. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface Restored {
  readonly measured: Measured;
  /** Where each tree lies now, in their order. */
  readonly trees: readonly string[];
}
