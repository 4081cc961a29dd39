import type { Measured } from '../contender.ts';
import type { Survey } from '../corpus/survey.ts';
import { WrongResult } from '../wrong-result.ts';

/** Of the corpus' bytes: far below what a tenth of its files would be. */
const SHARE = 0.05;
/** Names, times and the talk of the protocol, for each entry: a small corpus of empty files is all of that. */
const BYTES_AN_ENTRY = 400;

/**
 * A backup after few or no changes must not have sent the corpus again, however fast it was.
 *
 * @throws WrongResult
 */
export function assertLittleSent(
  name: string,
  { wire }: Pick<Measured, 'wire'>,
  surveys: readonly Survey[],
): void {
  const allowed = surveys.reduce(
    (sum, { bytes, entries }) => sum + SHARE * bytes + BYTES_AN_ENTRY * entries,
    0,
  );
  if (wire !== undefined && wire > allowed)
    throw new WrongResult(name, `it sent ${wire} bytes where at most ${Math.round(allowed)} are to be sent`);
}
