import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createApiToken, createJoinToken, hashToken, parseJoinToken } from './tokens.ts';

const FINGERPRINT = 'ab'.repeat(32);

describe('a join token', () => {
  it('carries the fingerprint of the authority and is known by its hash', () => {
    const { token, hash } = createJoinToken(FINGERPRINT);
    expect(token).toMatch(/^lbj_[A-Za-z0-9_-]{75}$/);
    expect(parseJoinToken(token)).toEqual({ caFingerprint: FINGERPRINT });
    expect(hash).toEqual(createHash('sha256').update(token).digest());
    expect(hashToken(token)).toEqual(hash);
  });

  it('is never the same twice', () => {
    expect(createJoinToken(FINGERPRINT).token).not.toBe(createJoinToken(FINGERPRINT).token);
  });

  it('is refused when it is anything else', () => {
    const { token } = createJoinToken(FINGERPRINT);
    for (const text of [
      '',
      'lbj_',
      token.slice(0, -2),
      `${token}AA`,
      token.slice(4),
      `lba_${token.slice(4)}`,
      `${token} `,
    ]) {
      expect(() => parseJoinToken(text)).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' }));
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseJoinToken(text)).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' }));
      }),
    );
  });
});

describe('an API token', () => {
  it('holds 32 random bytes', () => {
    const { token, hash } = createApiToken();
    expect(token).toMatch(/^lba_[A-Za-z0-9_-]{43}$/);
    expect(hashToken(token)).toEqual(hash);
    expect(createApiToken().token).not.toBe(token);
  });
});
