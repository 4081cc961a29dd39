/** Numbers that depend on the seed alone: the same on every machine and in every run. */
export interface SeededRandom {
  /** 0 ≤ x < 1 */
  next(): number;
  /** 0 ≤ i < bound */
  integer(bound: number): number;
  pick<T>(items: readonly T[]): T;
}

export function seededRandom(seed: number | string): SeededRandom {
  const words = xorshift(seed);
  const next = (): number => words() / 2 ** 32;
  return {
    next,
    integer: (bound) => Math.floor(next() * bound),
    pick: (items) => items[Math.floor(next() * items.length)]!,
  };
}

/** Bytes that look random (they do not compress) and depend on the seed alone; longer ones begin with shorter ones. */
export function seededBytes(seed: number | string, length: number): Buffer {
  const next = xorshift(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let at = 0; at < words.length; at++) words[at] = next();
  return Buffer.from(words.buffer, 0, length);
}

/** Marsaglia's xorshift128: four words of state, one 32-bit word per call. */
function xorshift(seed: number | string): () => number {
  let [x, y, z, w] = spread(String(seed));
  return () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = (w ^ (w >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    return w;
  };
}

/** Four words from a text (FNV-1a with a different start each), never all zero. */
function spread(text: string): [number, number, number, number] {
  const word = (start: number): number => {
    let hash = start;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0 || 1;
  };
  return [word(0x811c9dc5), word(0x9747b28c), word(0x1b873593), word(0xcc9e2d51)];
}
