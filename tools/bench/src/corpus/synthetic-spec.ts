import { LifeboatError } from '@lifeboat/kernel';

/** A corpus that is made, not found: the same bytes for the same words, on every machine. */
export interface SyntheticSpec {
  readonly files: number;
  /** Of all files together, the big one apart. */
  readonly bytes: number;
  /** Bytes of one more file that does not compress; 0: none. */
  readonly big: number;
  readonly seed: string;
}

export const SYNTHETIC = 'synthetic:';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const KEYS = ['files', 'bytes', 'big', 'seed'];
/** Bytes of a file when only the number of files was said. */
const BYTES_A_FILE = 16_384;

/** Reads `synthetic:files=100000,bytes=4g,big=3g,seed=1`; units are powers of 1024. */
export function parseSyntheticSpec(text: string): SyntheticSpec {
  const said = new Map<string, string>();
  for (const part of text.slice(SYNTHETIC.length).split(',')) {
    const [key = '', value = ''] = part.split('=');
    if (!KEYS.includes(key) || said.has(key)) refuse(text, `"${part}" is not one of ${KEYS.join(', ')}`);
    said.set(key, value);
  }
  const number = (key: string): number | undefined => {
    const value = said.get(key);
    if (value === undefined) return undefined;
    const [, digits, unit] = /^(\d+)([kmg]?)$/i.exec(value) ?? [];
    if (digits === undefined) return refuse(text, `"${key}=${value}" is not a number with k, m or g`);
    return Number(digits) * UNITS[unit!.toLowerCase()]!;
  };
  const big = number('big') ?? 0;
  const files = number('files') ?? 0;
  if (files === 0 && big === 0) refuse(text, 'neither files nor big is said');
  return { files, bytes: number('bytes') ?? files * BYTES_A_FILE, big, seed: said.get('seed') ?? '1' };
}

function refuse(text: string, why: string): never {
  throw new LifeboatError('USAGE', `--corpus ${text}: ${why}`, {
    guidance: 'For example: synthetic:files=100000,bytes=4g,seed=1 or synthetic:big=3g',
  });
}
