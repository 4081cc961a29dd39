import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { systemCodeOf } from '@lifeboat/kernel';
import { packNotFound, type PackBytes } from './pack-bytes.ts';

/**
 * A pack's file in a thread that does nothing else: read at once, always into the same memory. What a read gave is
 * good until the next one.
 */
export class PackFile implements PackBytes, Disposable {
  readonly label: string;
  readonly #path: string;
  #fd: number | undefined;
  #memory = Buffer.alloc(0);

  constructor(path: string, label: string) {
    this.#path = path;
    this.label = label;
  }

  async size(): Promise<number> {
    return fstatSync(this.#open()).size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const fd = this.#open();
    const room = Math.max(0, Math.min(length, fstatSync(fd).size - offset));
    if (this.#memory.length < room) this.#memory = Buffer.allocUnsafeSlow(room);
    let filled = 0;
    while (filled < room) {
      const bytesRead = readSync(fd, this.#memory, filled, room - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return this.#memory.subarray(0, filled);
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }

  #open(): number {
    try {
      return (this.#fd ??= openSync(this.#path, 'r'));
    } catch (thrown) {
      throw systemCodeOf(thrown) === 'ENOENT' ? packNotFound(this.label, thrown) : thrown;
    }
  }
}
