import { invariant, messageOf, type Log } from '@lifeboat/kernel';

/** A state machine of the model: what entering a state causes, and where an outcome leads. */
export interface Machine<State extends string, Event extends string, Effect extends string> {
  readonly effects: Readonly<Record<State, Effect | null>>;
  next(state: State, event: Event): State | undefined;
}

export interface DriveOptions<State extends string, Event extends string, Effect extends string> {
  readonly machine: Machine<State, Event, Effect>;
  readonly from: State;
  /** Compare-and-set in the catalog; false = somebody else moved the record, and this driver stands down. */
  readonly persist: (from: State, to: State, event: Event) => Promise<boolean>;
  /** Performs the effect and answers with the event that it led to. Idempotent: it may be performed again. */
  readonly perform: (effect: Effect, state: State) => Promise<Event>;
  /** The event for an effect that threw. */
  readonly onTrouble: (error: unknown, state: State) => Event;
  readonly log: Log;
}

/** An undo that cannot be finished is tried again this often before the driver gives up and says so. */
const MAX_SAME_STATE = 5;

/**
 * The only loop that moves a set or a restore: perform the state's effect, take its event to the next state,
 * persist, go on. What a crash interrupts is performed again on the next start.
 *
 * @returns the state at which nothing more happens by itself, or at which another driver took over
 */
export async function drive<State extends string, Event extends string, Effect extends string>(
  options: DriveOptions<State, Event, Effect>,
): Promise<State> {
  const { machine, log } = options;
  let state = options.from;
  let repeats = 0;
  for (;;) {
    const effect = machine.effects[state];
    if (effect === null) return state;
    const event = await perform(options, effect, state);
    const next = machine.next(state, event);
    invariant(next !== undefined, `${state} refuses ${event}`);
    if (!(await options.persist(state, next, event))) return state;
    log.info({ from: state, event, to: next }, 'state changed');
    repeats = next === state ? repeats + 1 : 0;
    if (repeats >= MAX_SAME_STATE || (next === state && isSettled(event))) return next;
    state = next;
  }
}

async function perform<State extends string, Event extends string, Effect extends string>(
  options: DriveOptions<State, Event, Effect>,
  effect: Effect,
  state: State,
): Promise<Event> {
  try {
    return await options.perform(effect, state);
  } catch (error) {
    options.log.warn({ state, effect, error: messageOf(error) }, 'effect failed');
    return options.onTrouble(error, state);
  }
}

/** Trouble that leaves the state as it is (a proof that cannot be made now) is left for a later run. */
function isSettled(event: string): boolean {
  return event === 'trouble';
}
