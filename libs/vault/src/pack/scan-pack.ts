import { PACK_HEADER_LENGTH, nextFrame, type FrameHeader } from '@lifeboat/vault-format';
import type { PackBytes } from './pack-bytes.ts';

const WINDOW = 8 * 1024 * 1024;

export interface ScannedFrame {
  readonly header: FrameHeader;
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Bytes in which no frame could be read. */
export interface Gap {
  readonly offset: number;
  readonly length: number;
  /** An intact header says that it takes a newer release. */
  readonly isNewer: boolean;
}

/** One stretch of a pack, in order. Frames' bytes are good until the next stretch is asked for. */
export interface ScannedStretch {
  readonly frames: readonly ScannedFrame[];
  readonly damaged: readonly Gap[];
}

/**
 * Walks a pack's frames by their headers alone, a window of bytes at a time, jumping over damage. Ends at the table,
 * at the end of the bytes, or before a last frame that is not whole (`tornAt` of the returned value).
 */
export async function* scanPack(
  pack: PackBytes,
  size: number,
): AsyncGenerator<ScannedStretch, { tornAt: number | undefined }> {
  let position = PACK_HEADER_LENGTH;
  let wanted = WINDOW;
  while (position < size) {
    const bytes = await pack.read(position, Math.min(wanted, size - position));
    const { stretch, consumed, need, ended } = scanWindow(bytes, position);
    if (stretch.frames.length > 0 || stretch.damaged.length > 0) yield stretch;
    if (ended) return { tornAt: undefined };
    const atEnd = position + bytes.length >= size;
    position += consumed;
    if (consumed === 0 && atEnd) return { tornAt: position };
    wanted = consumed === 0 ? Math.max(wanted + 1, need) : WINDOW;
  }
  return { tornAt: undefined };
}

interface WindowScan {
  readonly stretch: ScannedStretch;
  readonly consumed: number;
  readonly need: number;
  readonly ended: boolean;
}

function scanWindow(bytes: Buffer, position: number): WindowScan {
  const frames: ScannedFrame[] = [];
  const damaged: Gap[] = [];
  let offset = 0;
  let need = 0;
  let ended = false;
  while (offset < bytes.length) {
    const next = nextFrame(bytes, offset);
    if (next.kind === 'frame') {
      frames.push({
        header: next.header,
        offset: position + next.start,
        bytes: bytes.subarray(next.start, next.end),
      });
      offset = next.end;
    } else if (next.kind === 'damaged') {
      const resumeAt = Math.max(next.resumeAt, offset + 1);
      const isNewer = next.error.code === 'FORMAT_UNSUPPORTED';
      damaged.push({ offset: position + offset, length: resumeAt - offset, isNewer });
      offset = resumeAt;
    } else {
      ended = next.kind === 'end';
      if (next.kind === 'incomplete') need = next.need;
      break;
    }
  }
  return { stretch: { frames, damaged }, consumed: offset, need, ended };
}
