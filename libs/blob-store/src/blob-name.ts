import { LifeboatError } from '@lifeboat/kernel';

/** A segment never begins with a dot: no '..', and room for an implementation's own temporary names. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/;
const MAX_LENGTH = 512;

export function isBlobName(name: string): boolean {
  return name.length <= MAX_LENGTH && NAME.test(name);
}

/** Names are relative, '/'-separated, ASCII; anything else (absolute, '..', empty segments) is refused. */
export function checkBlobName(name: string): string {
  if (!isBlobName(name)) {
    throw new LifeboatError('PATH_UNSAFE', `not a blob name: ${JSON.stringify(name.slice(0, 100))}`);
  }
  return name;
}
