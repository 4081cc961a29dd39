import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { forFileSystem, type BytePath } from '@lifeboat/file-tree';
import { LifeboatError } from '@lifeboat/kernel';
import { CHECKSUM_LENGTH, claimedChecksum, FOOTER_LENGTH } from './codec.ts';
import type { CommittedFile } from './read-commit.ts';

const BLOCK = 1024 * 1024;

/** Which files were found whole: they are written once, so that the same file need not be read again. */
export class VerifiedFiles {
  #known = new Set<string>();
  #seen = new Set<string>();

  has(key: string): boolean {
    if (!this.#known.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  add(key: string): void {
    this.#known.add(key);
    this.#seen.add(key);
  }

  /** Forgets what was not asked for since the last time. */
  forgetOthers(): void {
    this.#known = this.#seen;
    this.#seen = new Set();
  }
}

/**
 * Reads a file of a commit and compares its bytes with the CRC-32 in its footer. Files of a Lucene that wrote none are
 * taken as they are. `name`: for messages.
 * @throws LifeboatError FORMAT_DAMAGED
 */
export async function verifyFile(
  location: BytePath,
  { name, hasFooter }: CommittedFile,
  verified: VerifiedFiles,
): Promise<void> {
  const file = await open(forFileSystem(location), 'r');
  try {
    const { dev, ino, size, mtimeNs } = await file.stat({ bigint: true });
    const key = `${dev}:${ino}:${size}:${mtimeNs}`;
    if (verified.has(key)) return;
    const end = Number(size);
    const footer = Buffer.alloc(Math.min(FOOTER_LENGTH, end));
    await file.read(footer, 0, footer.length, end - footer.length);
    const claimed = claimedChecksum(footer);
    if (claimed === undefined && hasFooter) throw damaged(name, 'has no footer');
    if (claimed !== undefined) {
      let checksum = 0;
      const block = Buffer.allocUnsafe(Math.min(BLOCK, end));
      for (let at = 0; at < end - CHECKSUM_LENGTH;) {
        const wanted = Math.min(block.length, end - CHECKSUM_LENGTH - at);
        const { bytesRead } = await file.read(block, 0, wanted, at);
        if (bytesRead === 0) throw damaged(name, 'became shorter');
        checksum = crc32(block.subarray(0, bytesRead), checksum);
        at += bytesRead;
      }
      if (checksum !== claimed) throw damaged(name, 'does not match its checksum');
    }
    verified.add(key);
  } finally {
    await file.close();
  }
}

function damaged(name: string, problem: string): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', `${name} ${problem}`, {
    guidance: 'The disk may be failing. Rebuild this search index from the portal.',
  });
}
