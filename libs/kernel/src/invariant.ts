import { LifeboatError } from './lifeboat-error.ts';

/** States what our own code guarantees; a failure is our bug, never a peer's or the world's. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new LifeboatError('INTERNAL', `invariant broken: ${message}`);
}

/** For the `default` of an exhaustive switch: adding a case becomes a compile error. */
export function unreachable(value: never): never {
  throw new LifeboatError('INTERNAL', `unreachable value: ${JSON.stringify(value)}`);
}
