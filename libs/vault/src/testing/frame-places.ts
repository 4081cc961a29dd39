const PACK_HEADER = 52;
const FRAME_HEADER = 120;
const BODY_LENGTH_AT = 104;

/** Where the nth frame of a pack begins (FORMAT.md §5); in test vaults the first is the key's. */
export function frameHeaderAt(pack: Buffer, index: number): number {
  let at = PACK_HEADER;
  for (let frame = 0; frame < index; frame += 1) at += FRAME_HEADER + pack.readUInt32BE(at + BODY_LENGTH_AT);
  return at;
}
