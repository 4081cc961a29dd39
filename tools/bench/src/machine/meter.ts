import {
  bytesMoved,
  descendantsOf,
  peakResident,
  processFigures,
  resetPeak,
  residentTogether,
} from './process-figures.ts';

/** One process to measure, or all that are below one. */
export interface Metered {
  readonly pid: number;
  readonly below?: true;
}

export interface Reading {
  readonly cpu: Record<string, number>;
  readonly resident: Record<string, number>;
  /** Bytes moved by each of the single processes. */
  readonly moved: Record<string, { readonly read: number; readonly written: number }>;
}

const SAMPLE_EVERY_MS = 200;

/** Measures processes that run on, from its making to `stop`. */
export class Meter {
  readonly #processes: Readonly<Record<string, Metered>>;
  readonly #before: Record<string, { cpu: number; moved: { read: number; written: number } }>;
  readonly #highest: Record<string, number> = {};
  readonly #timer: NodeJS.Timeout;

  constructor(processes: Readonly<Record<string, Metered>>) {
    this.#processes = processes;
    this.#before = Object.fromEntries(
      Object.entries(processes).map(([name, { pid, below }]) => {
        if (below !== true) resetPeak(pid);
        return [name, { cpu: cpuOf(pid, below), moved: bytesMoved(pid) }];
      }),
    );
    this.#timer = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
  }

  /** Ends it. To be called before any of the processes is ended. */
  stop(): Reading {
    clearInterval(this.#timer);
    this.#sample();
    const reading: Reading = { cpu: {}, resident: this.#highest, moved: {} };
    for (const [name, { pid, below }] of Object.entries(this.#processes)) {
      const before = this.#before[name]!;
      reading.cpu[name] = cpuOf(pid, below) - before.cpu;
      const { read, written } = bytesMoved(pid);
      if (below !== true)
        reading.moved[name] = { read: read - before.moved.read, written: written - before.moved.written };
    }
    return reading;
  }

  #sample(): void {
    for (const [name, { pid, below }] of Object.entries(this.#processes)) {
      const now = below === true ? residentTogether(descendantsOf(pid)) : peakResident(pid);
      this.#highest[name] = Math.max(this.#highest[name] ?? 0, now);
    }
  }
}

/** Of all below: those that ended meanwhile are counted by their parents. */
function cpuOf(pid: number, below: true | undefined): number {
  if (below !== true) return processFigures(pid)?.cpu ?? 0;
  const all = descendantsOf(pid).map(processFigures);
  return all.reduce((sum, figures) => sum + (figures?.cpu ?? 0) + (figures?.cpuOfEnded ?? 0), 0);
}
