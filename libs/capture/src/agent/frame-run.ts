import { MAX_CHUNK } from '@lifeboat/chunking';
import { asBuffer } from '@lifeboat/kernel';
import { BufferPool } from '@lifeboat/runtime/buffer-pool';
import { FRAME_OVERHEAD, type ChunkType, type FrameSealer } from '@lifeboat/vault-format';
import { FRAMES_HEADROOM } from '@lifeboat/wire';
import { FRAMES_MESSAGE_BYTES } from './limits.ts';
import type { FrameMessage } from './worker-messages.ts';

interface Chunk {
  readonly id: Uint8Array;
  readonly raw: Uint8Array;
}

const MESSAGE_BUFFER_BYTES = FRAMES_HEADROOM + FRAMES_MESSAGE_BYTES;
/** Free buffers kept. */
const KEPT = 2;

/**
 * Seals chunks one behind the other into buffers that become messages: each is given away and comes back. How small a
 * chunk becomes is not known before: one that might not fit behind what is there is sealed aside first.
 */
export class FrameRun {
  readonly #buffers = new BufferPool(MESSAGE_BUFFER_BYTES, KEPT);
  /** For one frame of any length; only as much of it is ever touched as frames have bytes. */
  #aside = Buffer.alloc(0);

  seal(sealer: FrameSealer, type: ChunkType, chunks: readonly Chunk[]): FrameMessage[] {
    const messages: FrameMessage[] = [];
    for (const { id, raw } of chunks) {
      const last = messages.at(-1);
      const room = last === undefined ? undefined : roomIn(last);
      if (last !== undefined && room !== undefined && room.length >= raw.length + FRAME_OVERHEAD) {
        append(last, sealer.sealInto(room, type, id, raw));
        continue;
      }
      const aside = this.#roomAside();
      const frame = aside.subarray(0, sealer.sealInto(aside, type, id, raw));
      const fits = last !== undefined && room !== undefined && frame.length <= room.length;
      const message = fits ? last : this.#begin(frame.length);
      if (!fits) messages.push(message);
      roomIn(message).set(frame);
      append(message, frame.length);
    }
    return messages;
  }

  recycle(buffer: Uint8Array): void {
    this.#buffers.give(asBuffer(buffer));
  }

  clear(): void {
    this.#buffers.clear();
    this.#aside = Buffer.alloc(0);
  }

  #roomAside(): Buffer {
    if (this.#aside.length === 0) this.#aside = Buffer.allocUnsafeSlow(MAX_CHUNK + FRAME_OVERHEAD);
    return this.#aside;
  }

  /** A message for a frame of `length` bytes, and more if they fit. */
  #begin(length: number): FrameMessage {
    return { buffer: this.#buffers.take(FRAMES_HEADROOM + length), bytes: 0, frames: 0 };
  }
}

function roomIn({ buffer, bytes }: FrameMessage): Buffer {
  return asBuffer(buffer).subarray(FRAMES_HEADROOM + bytes);
}

function append(message: FrameMessage, frameLength: number): void {
  message.bytes += frameLength;
  message.frames += 1;
}
