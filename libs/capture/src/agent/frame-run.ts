import { FRAME_OVERHEAD, type ChunkType, type FrameSealer } from '@lifeboat/vault-format';
import { FRAMES_HEADROOM } from '@lifeboat/wire';
import { FRAMES_MESSAGE_BYTES, WINDOW_BYTES } from './limits.ts';
import type { SealedFrames } from './worker-messages.ts';

interface Chunk {
  readonly id: Uint8Array;
  readonly raw: Uint8Array;
}

/** Room for a full window of chunks, each with its overhead, and a message's head before every few. */
const BUFFER_BYTES = WINDOW_BYTES + 128 * 1024;
/** Free buffers kept: as many as are usually on their way. */
const KEPT = 3;

/** Seals chunks one behind the other, as messages ready to be sent, into buffers that are used again. */
export class FrameRun {
  readonly #free: Buffer[] = [];

  seal(sealer: FrameSealer, type: ChunkType, chunks: readonly Chunk[]): SealedFrames {
    const room = chunks.reduce((sum, { raw }) => sum + raw.length + FRAME_OVERHEAD + FRAMES_HEADROOM, 0);
    const buffer = this.#take(room);
    const messages: SealedFrames['messages'] = [];
    let start = FRAMES_HEADROOM;
    let end = start;
    let bytes = 0;
    for (const { id, raw } of chunks) {
      const length = sealer.sealInto(buffer.subarray(end), type, id, raw);
      end += length;
      bytes += length;
      if (end - start < FRAMES_MESSAGE_BYTES) continue;
      messages.push({ start, end });
      start = end += FRAMES_HEADROOM;
    }
    if (end > start) messages.push({ start, end });
    return { buffer, messages, frames: chunks.length, bytes };
  }

  recycle(buffer: Uint8Array): void {
    if (this.#free.length >= KEPT || buffer.length !== BUFFER_BYTES) return;
    this.#free.push(Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length));
  }

  clear(): void {
    this.#free.length = 0;
  }

  #take(room: number): Buffer {
    if (room > BUFFER_BYTES) return Buffer.allocUnsafeSlow(room);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  }
}
