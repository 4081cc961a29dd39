import { LifeboatError } from '@lifeboat/kernel';

/**
 * The one id that `reference` (an id or the beginning of one) means.
 * @throws LifeboatError NOT_FOUND when there is none, CONFLICT when several begin so
 */
export function resolveReference(what: string, reference: string, ids: Iterable<string>): string {
  const found = [...ids].filter((id) => id.startsWith(reference));
  const [first, second] = found;
  if (first === undefined) throw new LifeboatError('NOT_FOUND', `there is no ${what} ${reference}`);
  if (second === undefined || first === reference) return first;
  throw new LifeboatError('CONFLICT', `${found.length} ${what}s begin with ${reference}`, {
    guidance: 'Give more characters of the id.',
  });
}
