import { LifeboatError } from '@lifeboat/kernel';

/** For bytes that cannot be what they claim to be. */
export function damaged(what: string, cause?: unknown): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', what, {
    guidance: 'Run "lifeboat vault check" to see which packs and sets are hit.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** For bytes of a newer writer. */
export function unsupported(what: string): LifeboatError {
  return new LifeboatError('FORMAT_UNSUPPORTED', what, {
    guidance: 'This was written by a newer release of Lifeboat: read it with that release or a later one.',
  });
}
