import { createHash } from 'node:crypto';

/** Incompressible bytes that are the same at every run. */
export function seededBytes(seed: string | number, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(String(seed)).digest();
}
