import { createCipheriv } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, openRecord, sealRecord } from '../index.ts';
import { refusalOf } from '../testing/expect-typed.ts';
import { DOCUMENT_KEY, NONCE, signerFrom } from '../testing/fixed-keys.ts';
import { signEnvelope, type RecordEnvelope } from './record-envelope.ts';

const SIGNER = signerFrom(0x66);
const BINDING = { vault: 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', name: 'sets/x/0000000001-y' };
const PLAIN = { b: 1, a: 'ü' };
const KEYS = { documentKey: DOCUMENT_KEY, nonce: NONCE };

/** Sealed by version 1: one field a line. */
const GOLDEN = [
  '{"body":"EhWtHDCEuJ34+xNpTVZdEt5WS194J1hfPOkUz2IkVyet1GAYwGwRy+c=",', // of zstd({"a":"ü","b":1})
  '"format":"lifeboat/record",',
  '"kind":"set",',
  '"length":16,',
  '"name":"sets/x/0000000001-y",',
  '"nonce":"VVVVVVVVVVVVVVVV",',
  '"requires":[],',
  '"signature":"s3P8fNdtIqQx77U7OBJIOtelofWS3FSs7LKkamI4Pf0GpeDkSW/nzqpDUVX/BaO21qG7T8sXfPdPifXcxx7jAQ==",',
  '"uses":[],',
  '"vault":"aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",',
  '"version":1}',
].join('');

const open = (bytes: Uint8Array, changes: { kind?: string; name?: string; vault?: string } = {}): unknown =>
  openRecord(bytes, changes.kind ?? 'set', DOCUMENT_KEY, SIGNER.publicKey, { ...BINDING, ...changes });

/** A sealed record with members that this release does not write, made by hand from FORMAT.md. */
function sealAsNewer(members: object, text = canonicalJson(PLAIN)): Buffer {
  const {
    signature: _,
    body: __,
    ...header
  } = { ...(JSON.parse(GOLDEN) as RecordEnvelope), ...members } as Record<string, unknown>;
  const cipher = createCipheriv('aes-256-gcm', DOCUMENT_KEY, NONCE);
  cipher.setAAD(Buffer.from(canonicalJson(header)));
  const sealed = [cipher.update(zstdCompressSync(text)), cipher.final(), cipher.getAuthTag()];
  const envelope = { ...header, body: Buffer.concat(sealed).toString('base64') } as unknown as RecordEnvelope;
  return signEnvelope(envelope, SIGNER);
}

describe('sealed records', () => {
  it('of version 1 are read, and written to the same bytes', () => {
    expect(open(Buffer.from(GOLDEN))).toEqual(PLAIN);
    // Should a later zstd find other bytes, only this line may go.
    expect(sealRecord('set', PLAIN, KEYS, SIGNER, BINDING).toString()).toBe(GOLDEN);
  });

  it('give back any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        if (!JSON.stringify(plain).isWellFormed()) return;
        const bytes = sealRecord('set', plain, KEYS, SIGNER, BINDING);
        expect(canonicalJson(open(bytes))).toBe(canonicalJson(plain));
      }),
    );
  });

  it('are refused under another kind, name, vault or signer', () => {
    const bytes = Buffer.from(GOLDEN);
    for (const changes of [{ kind: 'control' }, { name: 'sets/x/0000000002-y' }, { vault: 'b' }]) {
      expect(refusalOf(() => open(bytes, changes))).toBe('SIGNATURE_INVALID');
    }
    const other = signerFrom(0x67);
    expect(refusalOf(() => openRecord(bytes, 'set', DOCUMENT_KEY, other.publicKey, BINDING))).toBe(
      'SIGNATURE_INVALID',
    );
  });

  it('are refused under another document key', () => {
    expect(
      refusalOf(() => openRecord(Buffer.from(GOLDEN), 'set', Buffer.alloc(32), SIGNER.publicKey, BINDING)),
    ).toBe('DECRYPTION_FAILED');
  });

  it('are refused when any byte differs, also when the JSON says the same', () => {
    fc.assert(
      fc.property(fc.nat(GOLDEN.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Buffer.from(GOLDEN);
        bytes[at]! ^= flip;
        expect(refusalOf(() => open(bytes))).toBeDefined();
      }),
      { numRuns: 500 },
    );
    expect(refusalOf(() => open(Buffer.from(GOLDEN.replace(',', ', '))))).toBe('FORMAT_DAMAGED');
  });

  it('refuse hostile JSON with a typed error', () => {
    const texts = [
      '',
      '[]',
      'null',
      '{}',
      '"\\ud800"',
      '['.repeat(100_000) + ']'.repeat(100_000),
      '{"__proto__":{"format":1}}',
    ];
    for (const text of texts) expect(refusalOf(() => open(Buffer.from(text)))).toBe('FORMAT_DAMAGED');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(refusalOf(() => open(Buffer.from(text)))).toBeDefined();
      }),
    );
  });

  it('of newer writers are refused by `requires`, read by `uses`', () => {
    const sealed = JSON.parse(GOLDEN) as RecordEnvelope & { signature: string };
    const { signature: _, ...envelope } = sealed;
    const resigned = (changes: object): Buffer => signEnvelope({ ...envelope, ...changes }, SIGNER);
    expect(refusalOf(() => open(resigned({ requires: ['tides'] })))).toBe('FORMAT_UNSUPPORTED');
    expect(refusalOf(() => open(resigned({ version: 2 })))).toBe('FORMAT_UNSUPPORTED');
    expect(open(sealAsNewer({ uses: ['tides'], tides: 1 }))).toEqual(PLAIN);
  });

  it.each<[what: string, members: object, reason: string]>([
    ['of another format', { format: 'lifeboat/other' }, 'is of another format'],
    ['that requires something unnamed', { requires: [1] }, 'not lists of names'],
    ['that uses no list', { uses: 'tides' }, 'not lists of names'],
    ['of no kind', { kind: 1 }, 'are not texts'],
    ['of no vault', { vault: null }, 'are not texts'],
    ['of no name', { name: {} }, 'are not texts'],
    ['with a nonce that is no base64', { nonce: 'VVVVVVVVVVVVVVVV=' }, 'nonce is not base64'],
    ['with a short nonce', { nonce: 'VVVV' }, 'nonce or body too short'],
    ['with a body that is no text', { body: 7 }, 'body is not base64'],
    ['with a body shorter than its seal', { body: 'VVVV' }, 'nonce or body too short'],
  ])('%s are damaged, though signed', (_, members, reason) => {
    const { signature: __, ...envelope } = JSON.parse(GOLDEN) as RecordEnvelope & { signature: string };
    const bytes = signEnvelope({ ...envelope, ...members }, SIGNER);
    expect(refusalOf(() => open(bytes))).toBe('FORMAT_DAMAGED');
    expect(() => open(bytes)).toThrow(reason);
  });

  it('whose contents are not JSON are damaged, though sealed', () => {
    const bytes = sealAsNewer({ length: 8 }, 'not JSON');
    expect(refusalOf(() => open(bytes))).toBe('FORMAT_DAMAGED');
    expect(() => open(bytes)).toThrow('contents are not JSON');
  });

  it('refuse a length that is not that of the contents', () => {
    const { signature: _, ...envelope } = JSON.parse(GOLDEN) as RecordEnvelope & { signature: string };
    for (const length of [0, -1, 2 ** 40, 1.5, '16']) {
      expect(refusalOf(() => open(signEnvelope({ ...envelope, length }, SIGNER)))).toBe('FORMAT_DAMAGED');
    }
  });
});

describe('canonicalJson', () => {
  it('writes the example of RFC 8785', () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: { d: 1, c: 2 }, a: [] })).toBe(canonicalJson({ a: [], b: { c: 2, d: 1 } }));
  });

  it('refuses what JSON cannot say', () => {
    for (const value of [
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1n,
      { a: undefined },
      [undefined],
      '\ud800',
      new Date(0),
      new Map(),
    ]) {
      expect(() => canonicalJson(value)).toThrow('canonical JSON has');
    }
  });
});
