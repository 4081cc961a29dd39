/** What the thread that decodes is given. */
export interface DecoderWork {
  readonly seed: string;
  readonly first: number;
  readonly cases: number;
  /** Seen by both threads, also while one is busy. */
  readonly shared: Int32Array;
}

/** Places in `shared`: the case under way and its decoder, how many were taken and refused, whether to stop. */
export const CASE = 0;
export const TAKEN = 1;
export const REFUSED = 2;
export const STOP = 3;
export const DECODER = 4;
export const PLACES = 5;
