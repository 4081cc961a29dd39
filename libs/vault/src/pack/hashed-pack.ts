import { createHash } from 'node:crypto';
import type { PackBytes } from './pack-bytes.ts';

const WINDOW = 8 * 1024 * 1024;

export interface HashedPack {
  readonly pack: PackBytes;
  /** Hex SHA-256 of the whole pack; reads what was not read yet. Once only. */
  digest(): Promise<string>;
}

/** Hashes a pack's bytes as they are read from front to back, so that one reading serves digest and frames. */
export function hashedPack(source: PackBytes): HashedPack {
  const hash = createHash('sha256');
  let hashed = 0;
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const bytes = await source.read(offset, length);
    const known = hashed - offset;
    if (known >= 0 && known < bytes.length) {
      hash.update(bytes.subarray(known));
      hashed = offset + bytes.length;
    }
    return bytes;
  };
  return {
    pack: { label: source.label, size: () => source.size(), read },
    digest: async () => {
      while ((await read(hashed, WINDOW)).length === WINDOW);
      return hash.digest('hex');
    },
  };
}
