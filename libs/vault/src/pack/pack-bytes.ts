import { open } from 'node:fs/promises';
import { LifeboatError, systemCodeOf, type PackName } from '@lifeboat/kernel';
import type { BlobStore } from '@lifeboat/blob-store';
import { packBlob } from '../layout.ts';

/** A pack's bytes, wherever they lie: closed in the store, or open on the server's disk. */
export interface PackBytes {
  /** For people: the pack's name, or the open pack's file. */
  readonly label: string;
  /**
   * Fewer bytes only where the pack ends; with an `into` of `length` they may lie there. BLOB_NOT_FOUND when it is not
   * there (any more).
   */
  read(offset: number, length: number, into?: Buffer): Promise<Buffer>;
  size(): Promise<number>;
}

export function closedPackBytes(store: BlobStore, name: PackName): PackBytes {
  const blob = packBlob(name);
  return {
    label: name,
    read: async (offset, length, into) => store.read(blob, offset, length, into),
    size: async () => (await store.size(blob)) ?? Promise.reject(packNotFound(name)),
  };
}

export function openPackBytes(path: string, label: string): PackBytes {
  const withFile = async <T>(use: (file: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> => {
    const file = await open(path, 'r').catch((thrown: unknown) => {
      throw systemCodeOf(thrown) === 'ENOENT' ? packNotFound(label, thrown) : thrown;
    });
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  };
  return {
    label,
    size: async () => withFile(async (file) => (await file.stat()).size),
    read: async (offset, length, into) =>
      withFile(async (file) => {
        const room = Math.max(0, Math.min(length, (await file.stat()).size - offset));
        const bytes = into?.subarray(0, room) ?? Buffer.allocUnsafe(room);
        let filled = 0;
        while (filled < room) {
          const { bytesRead } = await file.read(bytes, filled, room - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      }),
  };
}

export function packNotFound(label: string, cause?: unknown): LifeboatError {
  return new LifeboatError('BLOB_NOT_FOUND', `pack ${label} is not there`, { cause });
}
