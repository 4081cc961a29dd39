import { createHmac } from 'node:crypto';
import { invariant } from '@lifeboat/kernel';

export const GEAR_KEY_LENGTH = 32;

const ENTRIES = 256;
const BYTES_PER_BLOCK = 32;
const LABEL = 'lifeboat/v1/gear-table';

/** 256 random-looking words, one per byte value: what the rolling hash adds for that byte. */
export type GearTable = Uint32Array;

/**
 * Expands a cluster's 32-byte gear key. Keyed, because public cut points would let someone who only sees frame
 * lengths recognise a known file. Word n is the big-endian word n mod 8 of HMAC-SHA256(key, label ‖ byte n div 8).
 */
export function gearTable(key: Uint8Array): GearTable {
  invariant(key.length === GEAR_KEY_LENGTH, 'a gear key has 32 bytes');
  const table = new Uint32Array(ENTRIES);
  for (let block = 0; block * BYTES_PER_BLOCK < ENTRIES * 4; block++) {
    const words = createHmac('sha256', key).update(LABEL).update(Uint8Array.of(block)).digest();
    for (let word = 0; word < 8; word++) table[block * 8 + word] = words.readUInt32BE(word * 4);
  }
  return table;
}
