/** JSON text of what a json column shall hold; undefined and null make it NULL. */
export function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
