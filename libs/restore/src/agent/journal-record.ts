import type { JsonIntent } from './intent-json.ts';
import type { WatchedTree } from './process-scan.ts';

/** One line of a restore's journal. Steps in -ing are written before anything is done, the others when it is. */
export type JournalRecord = { readonly at: string } & Step;

export type Step =
  | {
      step: 'begun';
      restore: string;
      epoch: number;
      /** Ed25519, base64: decisions are judged by this key. */ decisionKey: string;
    }
  | { step: 'epoch'; epoch: number }
  | { step: 'staging'; tree: JournaledTree }
  | { step: 'staged'; tree: string; /** StageTreeResult.toJSON */ result: unknown }
  | { step: 'quiescing'; trees: readonly WatchedTree[] }
  | { step: 'stopped' }
  | { step: 'quiesced'; epoch: number; proof: string }
  | { step: 'decided'; decision: Decision; epoch: number; recordJson: string; signature: string }
  | { step: 'switching'; tree: string; intent: JsonIntent }
  | { step: 'switched'; entries: number; millis: number }
  | { step: 'starting' }
  | { step: 'start-action-done' }
  | { step: 'started'; epoch: number; millis: number; healthChecked: boolean }
  | { step: 'rolling-back' }
  | { step: 'rolled-back' }
  | { step: 'finalizing' }
  | { step: 'finalized' }
  | { step: 'aborting' }
  | { step: 'aborted' };

export type Decision = 'switch' | 'roll-back';

export interface JournaledTree {
  readonly name: string;
  /** Absolute, links resolved. */
  readonly root: string;
  /** Relative; another source's. */
  readonly excludes: readonly string[];
  readonly cleared: readonly string[];
  /** Hex chunk id of the manifest root. */
  readonly manifest: string;
  /** Absolute directories that did not exist and were made for it, outermost first. */
  readonly made: readonly string[];
}
