import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodePackFooter,
  decodePackHeader,
  encodePackFooter,
  encodePackHeader,
  openPackTable,
  PackRows,
  sealPackTable,
} from '../index.ts';
import { refusalOf } from '../testing/expect-typed.ts';
import { CONTEXT, DOCUMENT_KEY, NONCE, TABLE_KEY } from '../testing/fixed-keys.ts';

const bytesOf = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const row = fc.oneof(
  fc.record({
    kind: fc.constant('key' as const),
    type: fc.constant('data' as const),
    id: bytesOf(16),
    offset: word,
    length: word,
    rawLength: word,
  }),
  fc.record({
    kind: fc.constant('chunk' as const),
    type: fc.constantFrom('data' as const, 'segment' as const, 'root' as const),
    id: bytesOf(33),
    offset: word,
    length: word,
    rawLength: word,
  }),
);

describe('pack table', () => {
  it('gives back any rows', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 10 }), (rows) => {
        expect(openPackTable(sealPackTable(rows, TABLE_KEY, NONCE, CONTEXT), TABLE_KEY, CONTEXT)).toEqual(
          rows,
        );
      }),
    );
  });

  it('is the same whether its rows came at once or by and by', () => {
    const some = fc.array(fc.array(row, { maxLength: 600 }), { maxLength: 6 });
    fc.assert(
      fc.property(some, (parts) => {
        const rows = new PackRows();
        for (const part of parts) rows.add(part);
        expect(rows.count).toBe(parts.flat().length);
        const sealed = sealPackTable(parts.flat(), TABLE_KEY, NONCE, CONTEXT);
        expect(rows.seal(TABLE_KEY, NONCE, CONTEXT)).toEqual(sealed);
        expect(openPackTable(sealed, TABLE_KEY, CONTEXT)).toEqual(parts.flat());
      }),
      { numRuns: 30 },
    );
  });

  it('refuses every changed bit and every cut', () => {
    const sealed = sealPackTable(
      [{ kind: 'key', type: 'data', id: Buffer.alloc(16), offset: 1, length: 2, rawLength: 3 }],
      TABLE_KEY,
      NONCE,
      CONTEXT,
    );
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >>> 3]! ^= 1 << (bit & 7);
      expect(refusalOf(() => openPackTable(changed, TABLE_KEY, CONTEXT))).toBeDefined();
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(refusalOf(() => openPackTable(sealed.subarray(0, length), TABLE_KEY, CONTEXT))).toBe(
        'FORMAT_DAMAGED',
      );
    }
  });

  it('refuses what was sealed under the right key and holds no rows', () => {
    const rowOf = (kind: number, type: number): Buffer =>
      Buffer.concat([Buffer.of(kind, type), Buffer.alloc(45)]);
    for (const [plain, reason] of [
      [Buffer.alloc(46), 'whole rows'],
      [rowOf(0, 1), 'unknown kind or type'],
      [rowOf(3, 1), 'unknown kind or type'],
      [rowOf(1, 0), 'unknown kind or type'],
      [rowOf(1, 4), 'unknown kind or type'],
    ] as const) {
      const open = (): unknown => openPackTable(sealedTable(plain), TABLE_KEY, CONTEXT);
      expect(refusalOf(open)).toBe('FORMAT_DAMAGED');
      expect(open).toThrow(reason);
    }
  });

  it('is refused under another key, cluster or vault', () => {
    const sealed = sealPackTable([], TABLE_KEY, NONCE, CONTEXT);
    const other = Buffer.alloc(16, 1);
    expect(openPackTable(sealed, TABLE_KEY, CONTEXT)).toEqual([]);
    for (const [key, context] of [
      [DOCUMENT_KEY, CONTEXT],
      [TABLE_KEY, { ...CONTEXT, cluster: other }],
      [TABLE_KEY, { ...CONTEXT, vault: other }],
    ] as const)
      expect(refusalOf(() => openPackTable(sealed, key, context))).toBe('DECRYPTION_FAILED');
  });
});

describe('pack header and footer', () => {
  it('refuse every changed bit', () => {
    const footer = encodePackFooter({ tableOffset: 2 ** 40, tableLength: 5, frames: 7 });
    for (const [bytes, decode] of [
      [encodePackHeader(CONTEXT), decodePackHeader],
      [footer, decodePackFooter],
    ] as const) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Buffer.from(bytes);
        changed[bit >>> 3]! ^= 1 << (bit & 7);
        expect(refusalOf(() => decode(changed))).toBe('FORMAT_DAMAGED');
      }
    }
  });

  it('refuse any other bytes with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(refusalOf(() => decodePackHeader(bytes))).toBe('FORMAT_DAMAGED');
        expect(refusalOf(() => decodePackFooter(bytes))).toBe('FORMAT_DAMAGED');
      }),
    );
  });
});

/** A table of any contents, made by hand from FORMAT.md. */
function sealedTable(plain: Buffer): Buffer {
  const header = Buffer.from(sealPackTable([], TABLE_KEY, NONCE, CONTEXT).subarray(0, 32));
  header.writeUInt32BE(plain.length + 16, 28);
  const cipher = createCipheriv('aes-256-gcm', TABLE_KEY, NONCE);
  cipher.setAAD(Buffer.concat([header, CONTEXT.vault, CONTEXT.cluster]));
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}
