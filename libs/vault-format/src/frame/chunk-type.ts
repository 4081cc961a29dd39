import { invariant } from '@lifeboat/kernel';

/** data: bytes of files. segment: manifest entries. root: the list of a manifest's segments. */
export type ChunkType = 'data' | 'segment' | 'root';

const NAMES: readonly (ChunkType | undefined)[] = [undefined, 'data', 'segment', 'root'];
const BYTES: Readonly<Record<ChunkType, number>> = { data: 1, segment: 2, root: 3 };

/** The byte that stands for the type in chunk ids, frame headers and pack tables (and the catalog). */
export function chunkTypeByte(type: ChunkType): number {
  const byte = BYTES[type];
  invariant(byte !== undefined, 'a known chunk type');
  return byte;
}

export function chunkTypeOfByte(byte: number): ChunkType | undefined {
  return NAMES[byte];
}
