import { asBuffer, toLifeboatError, type LifeboatError } from '@lifeboat/kernel';
import { MAGIC, MAGIC_LENGTH } from '../bytes/envelope.ts';
import { decodeFrameHeader, FRAME_HEADER_LENGTH, type FrameHeader } from './frame-header.ts';

export type NextFrame =
  | { readonly kind: 'frame'; readonly header: FrameHeader; readonly start: number; readonly end: number }
  /** At least `need` bytes from the offset on must be in the window; at the end of the file: a torn frame. */
  | { readonly kind: 'incomplete'; readonly need: number }
  /** No frame here. The search goes on at `resumeAt` > offset; the error says what was wrong. */
  | { readonly kind: 'damaged'; readonly resumeAt: number; readonly error: LifeboatError }
  /** The pack table begins here: no more frames. */
  | { readonly kind: 'end' };

/**
 * Looks at one place of a window of a pack. Bodies are not verified here: a frame with an intact header and a
 * damaged body is a frame, and openFrame says what is wrong with it.
 */
export function nextFrame(bytes: Uint8Array, offset: number): NextFrame {
  const window = asBuffer(bytes);
  const head = window.subarray(offset, offset + MAGIC_LENGTH);
  if (head.equals(MAGIC.table)) return { kind: 'end' };
  const whole = window.length - offset >= FRAME_HEADER_LENGTH;
  if (!whole && (startsLike(head, MAGIC.frame) || startsLike(head, MAGIC.table))) {
    return { kind: 'incomplete', need: FRAME_HEADER_LENGTH };
  }
  try {
    const header = decodeFrameHeader(window, offset);
    const need = FRAME_HEADER_LENGTH + header.bodyLength;
    if (window.length - offset < need) return { kind: 'incomplete', need };
    return { kind: 'frame', header, start: offset, end: offset + need };
  } catch (error) {
    return { kind: 'damaged', resumeAt: nextMagic(window, offset + 1), error: toLifeboatError(error) };
  }
}

function startsLike(head: Buffer, magic: Buffer): boolean {
  return head.equals(magic.subarray(0, head.length));
}

/** The first magic at or after `from`; without one, where a magic cut by the window's end could begin. */
function nextMagic(window: Buffer, from: number): number {
  const found = [window.indexOf(MAGIC.frame, from), window.indexOf(MAGIC.table, from)].filter(
    (at) => at >= 0,
  );
  return found.length > 0 ? Math.min(...found) : Math.max(from, window.length - MAGIC_LENGTH + 1);
}
