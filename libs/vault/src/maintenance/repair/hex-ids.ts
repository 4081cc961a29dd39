import { asBuffer, CHUNK_ID_LENGTH } from '@lifeboat/kernel';

/** Each of these chunk ids (33 bytes, one after the other) in hex. */
export function hexIds(ids: Uint8Array): string[] {
  const bytes = asBuffer(ids);
  return Array.from({ length: bytes.length / CHUNK_ID_LENGTH }, (_, index) =>
    bytes.toString('hex', index * CHUNK_ID_LENGTH, (index + 1) * CHUNK_ID_LENGTH),
  );
}
