import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readRowLines, writeRowLines, type RowLine } from './row-lines.ts';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\nb', '\u2028', 'x\r\ny', '"', '\\N'));
const document = fc.record({
  companyId: text,
  groupId: text,
  folderId: text,
  repositoryId: text,
  name: text,
  version: text,
  storeUUID: text,
  size: fc.nat(),
  title: text,
  status: fc.integer(),
  ctCollectionId: text,
});
const image = fc.record({
  imageId: text,
  type: text,
  companyId: text,
  size: fc.nat(),
  ctCollectionId: text,
});
const content = fc.record({
  ctCollectionId: text,
  companyId: text,
  repositoryId: text,
  path: text,
  version: text,
  size: fc.integer({ min: -1 }),
});
const line: fc.Arbitrary<RowLine> = fc.oneof(
  document.map((row): RowLine => ['document', row]),
  image.map((row): RowLine => ['image', row]),
  content.map((row): RowLine => ['content', row]),
  text.map((row): RowLine => ['company', row]),
  text.map((row): RowLine => ['external-repository', row]),
  fc.tuple(text, fc.nat()).map((row): RowLine => ['table', row]),
);

async function bytesOf(lines: Iterable<RowLine>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of writeRowLines(lines)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function linesOf(bytes: Buffer, pieceLength: number): Promise<RowLine[]> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) pieces.push(bytes.subarray(at, at + pieceLength));
  const lines: RowLine[] = [];
  for await (const read of readRowLines(Readable.from(pieces))) lines.push(read);
  return lines;
}

describe('rows as lines', () => {
  it('come back as they were, wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 20 }),
        fc.integer({ min: 1, max: 200 }),
        async (lines, cut) => {
          expect(await linesOf(await bytesOf(lines), cut)).toEqual(lines);
        },
      ),
    );
  });

  it('come in many pieces when there are many', async () => {
    const many = Array.from({ length: 1201 }, (_, index): RowLine => ['table', [`t${index}`, index]]);
    const pieces: Buffer[] = [];
    for await (const piece of writeRowLines(many)) pieces.push(piece);
    expect(pieces).toHaveLength(3);
    expect(await linesOf(Buffer.concat(pieces), 1000)).toEqual(many);
  });

  it.each([
    ['cut off', '["table",["a",1]]\n["table",["b"'],
    ['not JSON', 'table a 1\n'],
    ['of a kind nobody knows', '["index",["a",1]]\n'],
    ['without a field', '["image",{"imageId":"1","type":"png","companyId":"2"}]\n'],
    ['of a wrong type', '["table",["a","1"]]\n'],
    ['no list', '{"table":["a",1]}\n'],
  ])('are refused when a line is %s', async (_what, bytes) => {
    await expect(linesOf(Buffer.from(bytes), 7)).rejects.toMatchObject({ code: 'PROTOCOL_BREACH' });
  });

  it('are refused when a line has no end, before it fills the memory', async () => {
    let given = 0;
    const endless = Readable.from(
      (function* () {
        for (; given < 1000; given += 1) yield Buffer.alloc(100_000, 'x');
      })(),
    );
    const reading = (async () => {
      for await (const read of readRowLines(endless)) throw new Error(`a line was read: ${read[0]}`);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'PROTOCOL_BREACH' });
    expect(given).toBeLessThan(50);
  });
});
