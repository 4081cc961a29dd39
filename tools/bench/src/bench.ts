import type { Contender } from './contender.ts';
import type { Corpus } from './corpus/corpus.ts';
import type { Until } from './peers/lifeboat.ts';
import type { WorkResult } from './report/work-result.ts';

/** What every work is given. */
export interface Bench {
  /** A directory of this run's own, removed at its end. */
  readonly dir: string;
  readonly runs: number;
  readonly quick: boolean;
  /** What ends the measurement of a first backup or of one with nothing changed. */
  readonly until: Until;
  /** Aborted when the bench is told to end: nothing more may be begun. */
  readonly ended: AbortSignal;
  readonly contenders: readonly Contender[];
  /** Made when first asked for: not every work needs it. */
  corpus(): Promise<Corpus>;
  say(text: string): void;
}

export type Work = (bench: Bench) => Promise<WorkResult[]>;
