import { createCipheriv, createHash, type Cipheriv } from 'node:crypto';

/** Makes bytes of one kind, as many as asked, on and on. */
export type Content = (length: number) => Buffer;

/** Bytes that do not compress, as of pictures and archives: a cipher's key stream, at gigabytes a second. */
export function noise(seed: string): Content {
  const cipher = keyStream(seed);
  return (length) => cipher.update(Buffer.alloc(length));
}

const WORDS = 16_384;
/** The vocabulary is one for all texts, as a language is. */
const vocabulary = makeVocabulary();

/** Words of which few are frequent and many are rare: zstd makes a third of it, as of source code and documents. */
export function text(seed: string): Content {
  const cipher = keyStream(seed);
  return (length) => {
    const bytes = Buffer.allocUnsafe(length);
    const draws = Buffer.alloc(4096);
    let [at, next] = [0, draws.length];
    while (at < length) {
      if (next === draws.length) {
        cipher.update(Buffer.alloc(draws.length)).copy(draws);
        next = 0;
      }
      // The product of two draws prefers small numbers, which stand for the frequent words.
      const word = vocabulary[(draws.readUInt16LE(next) * draws.readUInt16LE(next + 2)) >>> 18]!;
      next += 4;
      at += word.copy(bytes, at);
    }
    return bytes;
  };
}

function makeVocabulary(): Buffer[] {
  const stream = keyStream('vocabulary');
  return Array.from({ length: WORDS }, (_, rank) => {
    const letters = stream.update(Buffer.alloc(12));
    const length = 2 + (letters[0]! % 4) + Math.floor(Math.log2(rank + 1) / 3);
    const word = Array.from(letters.subarray(1, length + 1), (byte) =>
      String.fromCharCode(97 + (((byte * byte) >> 8) % 26)),
    );
    return Buffer.from(`${word.join('')}${rank % 16 === 0 ? '\n' : ' '}`);
  });
}

function keyStream(seed: string): Cipheriv {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
}
