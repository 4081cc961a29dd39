import { createHash } from 'node:crypto';
import { LifeboatError, messageOf } from '@lifeboat/kernel';
import { Cron } from 'croner';
import { DEFAULT_TIME_ZONE, type Schedule } from './schedule.ts';
import { isOpen, nextOpening, parseWindow, type Window } from './window.ts';

/** How often cron and windows may miss each other before they are held to never meet. */
const MAX_TRIES = 1000;

/**
 * The instants that a schedule names: those of its cron line that lie in one of its windows. An hour that a change to
 * summer time leaves out is taken right after it, one that comes twice is taken as cron takes it.
 */
export class Occurrences {
  readonly #cron: Cron;
  readonly #windows: readonly Window[];
  readonly #timeZone: string;
  readonly #jitterSeconds: number;
  readonly #seed: string;

  /** `seed`: what tells one cluster's jitter from another's. @throws USAGE */
  constructor(schedule: Schedule, seed: string) {
    const { cron, timeZone = DEFAULT_TIME_ZONE, windows = [], jitterSeconds = 0 } = schedule;
    this.#timeZone = timeZone;
    this.#windows = windows.map(parseWindow);
    this.#jitterSeconds = jitterSeconds;
    this.#seed = seed;
    this.#cron = parseCron(cron, timeZone);
  }

  /** The first one after an instant; undefined: never again. */
  after(instant: Date): Date | undefined {
    let from = instant;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const next = this.#cron.nextRun(from);
      if (next === null) return undefined;
      if (this.isOpen(next)) return next;
      from = new Date(nextOpening(this.#windows, this.#timeZone, next).getTime() - 1);
    }
    return undefined;
  }

  /** When the run of this instant begins: with jitter, unless that leads out of the window. */
  beginOf(occurrence: Date): Date {
    const begin = new Date(occurrence.getTime() + Math.floor(this.#share(occurrence) * 1000));
    return this.isOpen(begin) ? begin : occurrence;
  }

  isOpen(at: Date): boolean {
    return isOpen(this.#windows, this.#timeZone, at);
  }

  nextOpening(at: Date): Date {
    return nextOpening(this.#windows, this.#timeZone, at);
  }

  /** Seconds below the jitter, the same whenever it is asked for. */
  #share(occurrence: Date): number {
    if (this.#jitterSeconds === 0) return 0;
    const digest = createHash('sha256').update(`${this.#seed} ${occurrence.toISOString()}`).digest();
    return (digest.readUInt32BE() / 2 ** 32) * this.#jitterSeconds;
  }
}

function parseCron(cron: string, timeZone: string): Cron {
  try {
    return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true });
  } catch (error) {
    const what = messageOf(error).replace(/^CronPattern: /, '');
    throw new LifeboatError('USAGE', `${JSON.stringify(cron)} is not a cron line: ${what}`, {
      guidance:
        'Five fields: minute, hour, day of month, month, day of week; "0 2 * * *" is two o’clock every night.',
      cause: error,
    });
  }
}

/** That this schedule can be read and begins a run some day. @throws USAGE */
export function assertSchedule(schedule: Schedule, now: Date): void {
  if (new Occurrences(schedule, '').after(now) !== undefined) return;
  throw new LifeboatError('USAGE', 'this schedule never begins a set', {
    guidance: 'Its cron line names no instant that comes, or none that lies in one of its windows.',
  });
}
