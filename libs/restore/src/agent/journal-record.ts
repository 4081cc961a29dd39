import type { KeepRule } from '@lifeboat/model';
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
  | {
      step: 'settled';
      tree: string;
      /** What a switch will do. */ intent: JsonIntent;
      /** How many of its exchanges were to be kept and changed while the portal still ran. */ late: number;
    }
  | { step: 'switching'; tree: string }
  | { step: 'switched'; entries: number; millis: number }
  | { step: 'starting' }
  | { step: 'start-action-done' }
  | { step: 'started'; epoch: number; millis: number; healthChecked: boolean }
  | { step: 'rolling-back' }
  | {
      step: 'mended';
      tree: string;
      /** Relative; made anew beside the live tree, all of them since the roll-back began. */ paths: readonly string[];
    }
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
  /** What stays in place, as it was asked for. */
  readonly keep: KeepRule;
  /** Hex chunk id of the manifest root. */
  readonly manifest: string;
  /** Absolute directories that did not exist and were made for it, outermost first. */
  readonly made: readonly string[];
}
