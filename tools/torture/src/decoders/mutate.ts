import type { SeededRandom } from '@lifeboat/testkit';

/** Where duplication ends: enough to meet every bound that grows with the input, and quick to read. */
const MAX_LENGTH = 256 * 1024;
const MOST_CHANGES = 4;

/** Numbers at which lengths, counts and offsets go wrong. */
const EXTREMES = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

type Change = (bytes: Buffer, other: Buffer, random: SeededRandom) => Buffer;

const CHANGES: readonly Change[] = [
  flipBit,
  setByte,
  setNumber,
  setVarint,
  truncate,
  remove,
  duplicate,
  repeat,
  splice,
  insertNoise,
];

/** Bytes a few changes away from `bytes`; `other` is valid, too, for parts to come from. */
export function mutate(bytes: Buffer, other: Buffer, random: SeededRandom): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let left = 1 + random.integer(MOST_CHANGES); left > 0; left -= 1) {
    changed = random.pick(CHANGES)(changed, other, random).subarray(0, MAX_LENGTH);
  }
  return changed;
}

function flipBit(bytes: Buffer, _: Buffer, random: SeededRandom): Buffer {
  const at = random.integer(bytes.length);
  if (bytes.length > 0) bytes[at]! ^= 1 << random.integer(8);
  return bytes;
}

function setByte(bytes: Buffer, _: Buffer, random: SeededRandom): Buffer {
  if (bytes.length > 0) bytes[random.integer(bytes.length)] = random.integer(256);
  return bytes;
}

/** Two, four or eight bytes in either order. */
function setNumber(bytes: Buffer, _: Buffer, random: SeededRandom): Buffer {
  const width = random.pick([2, 4, 8]);
  if (bytes.length < width) return bytes;
  const number = Buffer.alloc(8);
  const value = random.pick(EXTREMES);
  if (random.integer(2) === 0) number.writeBigUInt64LE(value);
  else number.writeBigUInt64BE(BigInt.asUintN(64, value << BigInt(64 - width * 8)));
  number.copy(bytes, random.integer(bytes.length - width + 1), 0, width);
  return bytes;
}

/** An extreme number, little-endian base 128, in place of one byte. */
function setVarint(bytes: Buffer, _: Buffer, random: SeededRandom): Buffer {
  const varint: number[] = [];
  for (let rest = random.pick(EXTREMES); ; rest >>= 7n) {
    varint.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    if (rest <= 0x7fn) break;
  }
  const at = random.integer(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(varint), bytes.subarray(at + 1)]);
}

function truncate(bytes: Buffer, _: Buffer, random: SeededRandom): Buffer {
  return bytes.subarray(0, random.integer(bytes.length + 1));
}

function remove(bytes: Buffer, _: Buffer, random: SeededRandom): Buffer {
  const [start, end] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
}

function duplicate(bytes: Buffer, _: Buffer, random: SeededRandom): Buffer {
  const [start, end] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
}

/** A short part many times over: what is quadratic, or worse, shows. */
function repeat(bytes: Buffer, _: Buffer, random: SeededRandom): Buffer {
  const start = random.integer(bytes.length + 1);
  const part = bytes.subarray(start, start + 1 + random.integer(8));
  const times = 2 ** random.integer(16);
  return Buffer.concat([bytes.subarray(0, start), ...Array<Buffer>(times).fill(part), bytes.subarray(start)]);
}

function splice(bytes: Buffer, other: Buffer, random: SeededRandom): Buffer {
  const [start, end] = range(other, random);
  const at = random.integer(bytes.length + 1);
  return Buffer.concat([
    bytes.subarray(0, at),
    other.subarray(start, end),
    bytes.subarray(random.pick([at, at + end - start])),
  ]);
}

function insertNoise(bytes: Buffer, _: Buffer, random: SeededRandom): Buffer {
  const at = random.integer(bytes.length + 1);
  const noise = Buffer.from(Array.from({ length: 1 + random.integer(16) }, () => random.integer(256)));
  return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
}

function range(bytes: Buffer, random: SeededRandom): [number, number] {
  const ends = [random.integer(bytes.length + 1), random.integer(bytes.length + 1)];
  return [Math.min(...ends), Math.max(...ends)];
}
