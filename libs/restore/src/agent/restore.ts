import { join } from 'node:path';
import { invariant, type Clock } from '@lifeboat/kernel';
import type { JournalRecord, Step } from './journal-record.ts';
import { RestoreJournal } from './restore-journal.ts';
import { advance, type RestoreProgress } from './restore-progress.ts';

/** Called before every change anywhere on disk; a test throws from it to be a power cut. */
export type Checkpoint = (what: string) => void;

/** One restore on this node: its journal, and the progress folded from it. The journal is always ahead of the deed. */
export class Restore {
  readonly #journal: RestoreJournal;
  readonly #clock: Clock;
  readonly #checkpoint: Checkpoint;
  readonly directory: string;
  #progress: RestoreProgress | undefined;

  private constructor(
    journal: RestoreJournal,
    directory: string,
    progress: RestoreProgress | undefined,
    world: { clock: Clock; checkpoint: Checkpoint },
  ) {
    this.#journal = journal;
    this.directory = directory;
    this.#progress = progress;
    this.#clock = world.clock;
    this.#checkpoint = world.checkpoint;
  }

  static async open(directory: string, world: { clock: Clock; checkpoint: Checkpoint }): Promise<Restore> {
    const { journal, records } = await RestoreJournal.open(join(directory, 'journal'));
    const progress = records.reduce<RestoreProgress | undefined>(advance, undefined);
    return new Restore(journal, directory, progress, world);
  }

  /** False when the power went before its first line was written: it never happened. */
  get isBegun(): boolean {
    return this.#progress !== undefined;
  }

  get progress(): RestoreProgress {
    invariant(this.#progress !== undefined, 'a restore begins with its first journal line');
    return this.#progress;
  }

  /** Durable when it resolves. */
  async append(step: Step): Promise<void> {
    const record = { at: this.#clock.now().toISOString(), ...step } as JournalRecord;
    this.#checkpoint(`journal ${step.step}`);
    await this.#journal.append(record);
    this.#progress = advance(this.#progress, record);
    this.#checkpoint(`journaled ${step.step}`);
  }
}
