import type { Measured } from '../contender.ts';

/** What a work has measured; Lifeboat is the first of the contenders. */
export interface WorkResult {
  readonly work: string;
  readonly corpus: string;
  readonly contenders: readonly ContenderResult[];
}

export interface ContenderResult {
  readonly name: string;
  readonly version: string;
  /** One a run, in their order. */
  readonly measured: readonly Measured[];
}
