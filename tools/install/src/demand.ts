import path from 'node:path';
import { LifeboatError } from '@lifeboat/kernel';

/**
 * What goes into unit files, rules and scripts is checked here instead of quoted there: each of those has quoting
 * rules of its own, and a name that needs any of them is more likely a slip than a wish. All throw USAGE.
 */

const PLAIN_PATH = /^\/[A-Za-z0-9._@+/-]*[A-Za-z0-9._@+-]$/;
const ACCOUNT = /^[a-z_][a-z0-9_-]{0,30}$/;
const SERVICE = /^[A-Za-z0-9:_.-]+(@[A-Za-z0-9:_.-]+)?\.service$/;

/** An absolute, normalised path other than `/`. */
export function demandPath(what: string, value: string): string {
  const normal = path.posix.normalize(value).replace(/(.)\/$/, '$1');
  if (PLAIN_PATH.test(normal)) return normal;
  throw refused(what, value, 'Give an absolute path of letters, digits and . _ @ + - other than /.');
}

export function demandAccount(what: string, value: string): string {
  if (ACCOUNT.test(value) && value !== 'root') return value;
  throw refused(what, value, 'Give the name of an account other than root, such as lifeboat.');
}

export function demandService(what: string, value: string): string {
  if (SERVICE.test(value)) return value;
  throw refused(
    what,
    value,
    'Give the full name of the unit, such as liferay.service; systemctl list-units has it.',
  );
}

function refused(what: string, value: string, guidance: string): LifeboatError {
  return new LifeboatError('USAGE', `${what} cannot be ${JSON.stringify(value)}`, { guidance });
}
