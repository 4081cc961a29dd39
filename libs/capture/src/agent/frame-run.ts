import { FRAME_OVERHEAD, type ChunkType, type FrameSealer } from '@lifeboat/vault-format';
import type { SealedFrames } from './worker-messages.ts';

interface Chunk {
  readonly id: Uint8Array;
  readonly raw: Uint8Array;
}

/**
 * Seals chunks one behind the other into one scratch buffer that is used again, and hands out a copy of just the
 * bytes that were made: small enough to give away to another thread, and the only allocation of its size.
 */
export class FrameRun {
  #scratch = Buffer.alloc(0);

  seal(sealer: FrameSealer, type: ChunkType, chunks: readonly Chunk[]): SealedFrames {
    const room = chunks.reduce((sum, { raw }) => sum + raw.length + FRAME_OVERHEAD, 0);
    if (this.#scratch.length < room) this.#scratch = Buffer.allocUnsafeSlow(room);
    let end = 0;
    const ends = chunks.map(({ id, raw }) => {
      end += sealer.sealInto(this.#scratch.subarray(end), type, id, raw);
      return end;
    });
    const frames = Buffer.allocUnsafeSlow(end);
    this.#scratch.copy(frames, 0, 0, end);
    return { frames, ends };
  }

  clear(): void {
    this.#scratch = Buffer.alloc(0);
  }
}
