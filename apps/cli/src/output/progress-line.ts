import type { Progress } from '@lifeboat/console-api';
import { Estimator } from './estimate.ts';
import { printable } from './printable.ts';
import { bytesText, countText, millisText } from './units.ts';

/** Local work tells of every chunk; a terminal needs no more than this. */
const REDRAW_MILLIS = 100;

/** One line that redraws itself on a terminal, ten times a second at most; silent when stderr is anything else. */
export class ProgressLine {
  readonly #terminal: NodeJS.WriteStream;
  readonly #estimator = new Estimator();
  #shown = false;
  #drawnAt = -Infinity;

  constructor(terminal: NodeJS.WriteStream) {
    this.#terminal = terminal;
  }

  show(state: string, progress: Progress | null): void {
    if (!this.#terminal.isTTY || performance.now() - this.#drawnAt < REDRAW_MILLIS) return;
    this.#drawnAt = performance.now();
    const text = progress ? this.#describe(progress) : state;
    this.#terminal.write(`\r\u001b[K${printable(text).slice(0, Math.max(20, this.#terminal.columns - 1))}`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#terminal.write('\r\u001b[K');
    this.#shown = false;
  }

  #describe(progress: Progress): string {
    const { bytesPerSecond, remainingMillis } = this.#estimator.observe(progress, performance.now());
    const { bytesDone, bytesTotal, entriesDone } = progress;
    const parts = [
      progress.phase,
      bytesTotal === null ? bytesText(bytesDone) : `${bytesText(bytesDone)} of ${bytesText(bytesTotal)}`,
      bytesTotal ? `${Math.min(100, Math.floor((bytesDone / bytesTotal) * 100))} %` : '',
      entriesDone ? `${countText(entriesDone)} entries` : '',
      bytesPerSecond ? `${bytesText(bytesPerSecond)}/s` : '',
      remainingMillis === undefined ? '' : `about ${millisText(remainingMillis)} left`,
    ];
    return parts.filter((part) => part !== '').join('  ');
  }
}
