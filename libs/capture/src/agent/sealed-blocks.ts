import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { LifeboatError } from '@lifeboat/kernel';

/**
 * Files that only this node can read: a magic, a salt (file key = HKDF-SHA256(local key, salt)), then blocks: u32 length
 * of the ciphertext, ciphertext, 16-byte tag; nonce = block number.
 */
export const SALT_LENGTH = 32;
export const TAG_LENGTH = 16;
const LENGTH_BYTES = 4;
const MAX_BLOCK = 32 * 1024 * 1024;

export function writeBlock(fd: number, key: Buffer, number: number, bytes: Uint8Array): void {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes.length);
  writeAll(fd, Buffer.concat([length, seal(key, blockNonce(number), bytes)]));
}

/** The block that begins at `position`; `end`: where blocks end. FORMAT_DAMAGED. */
export function readBlock(
  fd: number,
  key: Buffer,
  position: number,
  number: number,
  end: number,
): { bytes: Buffer; next: number } {
  const length = readAt(fd, position, LENGTH_BYTES).readUInt32BE();
  const next = position + LENGTH_BYTES + length + TAG_LENGTH;
  if (length > MAX_BLOCK || next > end) throw damaged('a block ends too late');
  const sealed = readAt(fd, position + LENGTH_BYTES, length + TAG_LENGTH);
  return { bytes: unseal(key, blockNonce(number), sealed), next };
}

export function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  if (position < 0 || readSync(fd, bytes, 0, length, position) !== length) throw damaged('it ends too early');
  return bytes;
}

export function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

export function seal(key: Buffer, nonce: Buffer, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export function unseal(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_LENGTH));
  try {
    const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_LENGTH));
    decipher.final();
    return plain;
  } catch (error) {
    throw new LifeboatError('FORMAT_DAMAGED', 'a block does not open', { cause: error });
  }
}

/** `purpose` keeps files of different kinds apart. */
export function fileKey(localKey: Buffer, salt: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', localKey, salt, purpose, 32));
}

function blockNonce(block: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(block, 6, 6);
  return nonce;
}

export function damaged(what: string): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', `the file is damaged: ${what}`);
}
