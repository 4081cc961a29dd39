import { Buffer } from 'node:buffer';
import type { ByteReader } from './byte-reader.ts';
import { unsupported } from './damaged.ts';

/**
 * How every binary structure begins:
 *
 *   0  magic     8 bytes: 0x89, "LB", four letters, 0x0a
 *   8  version   u16, 1
 *   10 requires  u16, one bit per feature without which it cannot be read; unknown bit = refuse
 *   12 uses      u16, one bit per feature that a reader may ignore
 *   14
 */
export const ENVELOPE_LENGTH = 14;
export const MAGIC_LENGTH = 8;
export const VERSION = 1;

/** No feature bits are given out yet. */
const KNOWN_REQUIRES = 0;

export const MAGIC = {
  pack: magicOf('Pack'),
  frame: magicOf('Fram'),
  table: magicOf('Tabl'),
  footer: magicOf('Foot'),
  segment: magicOf('Segm'),
  root: magicOf('Root'),
} as const;

function magicOf(letters: string): Buffer {
  return Buffer.from(`\x89LB${letters}\n`, 'latin1');
}

export function writeEnvelope(into: Buffer, magic: Buffer, at = 0): void {
  magic.copy(into, at);
  into.writeUInt16BE(VERSION, at + 8);
  into.writeUInt16BE(0, at + 10);
  into.writeUInt16BE(0, at + 12);
}

/** Reads past the envelope. Returns the `uses` bits: all unknown to this release, to be ignored. */
export function readEnvelope(reader: ByteReader, magic: Buffer, what: string): number {
  if (!reader.take(MAGIC_LENGTH).equals(magic)) throw reader.damage('does not begin with its magic');
  const version = reader.u16();
  const requires = reader.u16();
  if (version !== VERSION) throw unsupported(`${what}: version ${version} is not known`);
  const unknown = requires & ~KNOWN_REQUIRES;
  if (unknown !== 0) throw unsupported(`${what}: requires unknown features (bits 0x${unknown.toString(16)})`);
  return reader.u16();
}
