import { createHash, randomBytes } from 'node:crypto';
import { invariant, LifeboatError } from '@lifeboat/kernel';

const JOIN_PREFIX = 'lbj_';
const API_PREFIX = 'lba_';
const FINGERPRINT_LENGTH = 32;
const JOIN_RANDOM_LENGTH = 24;
const API_RANDOM_LENGTH = 32;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** A secret shown once, and what the catalog keeps of it. */
export interface NewToken {
  readonly token: string;
  readonly hash: Buffer;
}

/**
 * For a node's first contact: `lbj_` and base64url of the authority's fingerprint (32 bytes) and 24 random ones.
 * The fingerprint lets the node know the server before it trusts anything.
 */
export function createJoinToken(caFingerprint: string): NewToken {
  const fingerprint = Buffer.from(caFingerprint, 'hex');
  invariant(fingerprint.length === FINGERPRINT_LENGTH, 'a CA fingerprint is the hex of a SHA-256');
  return newToken(JOIN_PREFIX, Buffer.concat([fingerprint, randomBytes(JOIN_RANDOM_LENGTH)]));
}

/** @throws TOKEN_INVALID for anything that `createJoinToken` cannot have made. */
export function parseJoinToken(token: string): { caFingerprint: string } {
  const text = token.startsWith(JOIN_PREFIX) ? token.slice(JOIN_PREFIX.length) : '';
  const bytes = BASE64URL.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
  if (bytes.length !== FINGERPRINT_LENGTH + JOIN_RANDOM_LENGTH) {
    throw new LifeboatError('TOKEN_INVALID', 'this is not a join token', {
      guidance: 'Copy the whole token that `lifeboat node token` printed; it begins with lbj_.',
    });
  }
  return { caFingerprint: bytes.subarray(0, FINGERPRINT_LENGTH).toString('hex') };
}

/** For the console API: `lba_` and 32 random bytes. */
export function createApiToken(): NewToken {
  return newToken(API_PREFIX, randomBytes(API_RANDOM_LENGTH));
}

/** SHA-256 suffices where nothing can be guessed: tokens hold at least 192 random bits. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function newToken(prefix: string, bytes: Buffer): NewToken {
  const token = prefix + bytes.toString('base64url');
  return { token, hash: hashToken(token) };
}
