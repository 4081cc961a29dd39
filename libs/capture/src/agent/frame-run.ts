import { asBuffer } from '@lifeboat/kernel';
import { FRAME_OVERHEAD, type ChunkType, type FrameSealer } from '@lifeboat/vault-format';
import { FRAMES_HEADROOM } from '@lifeboat/wire';
import { BufferPool } from './buffer-pool.ts';
import { FRAMES_MESSAGE_BYTES, WINDOW_BYTES } from './limits.ts';
import type { FrameMessage } from './worker-messages.ts';

interface Chunk {
  readonly id: Uint8Array;
  readonly raw: Uint8Array;
}

/** Most of what a window seals to, and a little more. */
const SCRATCH_BYTES = WINDOW_BYTES + 64 * 1024;
const MESSAGE_BUFFER_BYTES = FRAMES_HEADROOM + FRAMES_MESSAGE_BYTES;
/** Free buffers kept. */
const KEPT = 4;

/**
 * Seals chunks one behind the other into a scratch buffer and cuts them into messages, each in a small buffer that is
 * given away and comes back: what is on its way takes no more memory than it has bytes.
 */
export class FrameRun {
  readonly #buffers = new BufferPool(MESSAGE_BUFFER_BYTES, KEPT);
  #scratch = Buffer.alloc(0);

  seal(sealer: FrameSealer, type: ChunkType, chunks: readonly Chunk[]): FrameMessage[] {
    const room = chunks.reduce((sum, { raw }) => sum + raw.length + FRAME_OVERHEAD, 0);
    if (this.#scratch.length < room) this.#scratch = Buffer.allocUnsafeSlow(Math.max(room, SCRATCH_BYTES));
    const messages: FrameMessage[] = [];
    let [start, end, frames] = [0, 0, 0];
    for (const { id, raw } of chunks) {
      const length = sealer.sealInto(this.#scratch.subarray(end), type, id, raw);
      if (frames > 0 && end + length - start > FRAMES_MESSAGE_BYTES) {
        messages.push(this.#message(start, end, frames));
        [start, frames] = [end, 0];
      }
      end += length;
      frames += 1;
    }
    if (frames > 0) messages.push(this.#message(start, end, frames));
    return messages;
  }

  recycle(buffer: Uint8Array): void {
    this.#buffers.give(asBuffer(buffer));
  }

  clear(): void {
    this.#buffers.clear();
    this.#scratch = Buffer.alloc(0);
  }

  #message(start: number, end: number, frames: number): FrameMessage {
    const bytes = end - start;
    const fits = bytes <= FRAMES_MESSAGE_BYTES;
    const buffer = fits ? this.#buffers.take() : Buffer.allocUnsafeSlow(FRAMES_HEADROOM + bytes);
    this.#scratch.copy(buffer, FRAMES_HEADROOM, start, end);
    return { buffer, bytes, frames };
  }
}
