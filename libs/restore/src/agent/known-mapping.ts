/** Makes the error that names the key which is wrong. */
export type Wrong = (key: string, expected: string) => Error;

/** The value as a mapping that has no other keys: one that is misspelt must not be passed over. */
export function knownMapping(
  value: unknown,
  key: string,
  known: readonly string[],
  wrong: Wrong,
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(key, 'must be a mapping');
  const unknown = Object.keys(value).find((found) => !known.includes(found));
  if (unknown !== undefined) throw wrong(`${key}: ${unknown}`, `is not known (known: ${known.join(', ')})`);
  return value as Record<string, unknown>;
}
