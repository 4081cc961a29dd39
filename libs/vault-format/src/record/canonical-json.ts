import { invariant, LifeboatError } from '@lifeboat/kernel';

/**
 * The one JSON text of a value (RFC 8785): keys sorted by UTF-16 code units, no spaces, numbers as JavaScript
 * writes them. What JSON cannot say (undefined, NaN, lone surrogates, bigint, class instances) is our bug.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'boolean':
      return String(value);
    case 'number':
      invariant(Number.isFinite(value), 'canonical JSON has no NaN and no infinity');
      return JSON.stringify(value);
    case 'string':
      return stringJson(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? `[${Array.from(value, canonicalJson).join(',')}]` : objectJson(value);
    default:
      throw new LifeboatError('INTERNAL', `invariant broken: canonical JSON has no ${typeof value}`);
  }
}

function objectJson(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Structural: the Object of another realm is as plain as ours.
  invariant(
    prototype === null || Object.getPrototypeOf(prototype) === null,
    'canonical JSON has plain objects only',
  );
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${stringJson(key)}:${canonicalJson(member)}`).join(',')}}`;
}

function stringJson(text: string): string {
  invariant(text.isWellFormed(), 'canonical JSON has no lone surrogates');
  return JSON.stringify(text);
}
