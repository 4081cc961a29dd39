import { native } from '@lifeboat/file-tree';
import { collectGarbage } from './collect-garbage.ts';

/** The captures of one fence, and the trees of one set, follow each other within less. */
const IDLE_MILLIS = 5000;

/**
 * Gives a thread's memory back to the kernel when it has had nothing to do for a while, for it may now be idle for
 * hours. Not at the end of each capture: looking through the whole heap takes tens of milliseconds in every thread,
 * and inside a fence one small capture follows the other.
 */
export class IdleMemory {
  readonly #onIdle: () => void;
  #inUse = 0;
  #due: NodeJS.Timeout | undefined;

  /** @param onIdle lets go of what is kept for the next time */
  constructor(onIdle: () => void = () => undefined) {
    this.#onIdle = onIdle;
  }

  begin(): void {
    this.#inUse += 1;
    clearTimeout(this.#due);
  }

  end(): void {
    this.#inUse -= 1;
    if (this.#inUse > 0) return;
    clearTimeout(this.#due);
    this.#due = setTimeout(() => this.#trim(), IDLE_MILLIS).unref();
  }

  #trim(): void {
    this.#onIdle();
    collectGarbage('major');
    native.trimMemory();
  }
}

/** Of a process's main thread: whatever sends or takes in uploads there uses it. */
export const mainMemory = new IdleMemory();
