import type { PackTableRow } from '@lifeboat/vault-format';
import type { ScannedFrame } from './scan-pack.ts';

/** What the table of a pack says of a frame that was found by scanning. */
export function rowOfFrame({ header, offset, bytes }: ScannedFrame): PackTableRow {
  const id = Buffer.from(header.kind === 'key' ? header.keyId : header.chunkId);
  return {
    kind: header.kind,
    type: header.type,
    id,
    offset,
    length: bytes.length,
    rawLength: header.rawLength,
  };
}
