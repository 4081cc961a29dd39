import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { tempDir } from '@lifeboat/testkit';

import { noise, text } from './content.ts';
import { makeSynthetic } from './make-synthetic.ts';
import { survey } from './survey.ts';
import { parseSyntheticSpec } from './synthetic-spec.ts';

describe('parseSyntheticSpec', () => {
  it('reads numbers with units of 1024', () => {
    expect(parseSyntheticSpec('synthetic:files=100000,bytes=4g,seed=7')).toEqual({
      files: 100_000,
      bytes: 4 * 2 ** 30,
      big: 0,
      seed: '7',
    });
    expect(parseSyntheticSpec('synthetic:big=3g')).toMatchObject({ files: 0, bytes: 0, big: 3 * 2 ** 30 });
  });

  it.each([
    '',
    'files=',
    'files=-1',
    'files=1.5',
    'file=1',
    'files=1,files=2',
    'bytes=4g',
    'seed=1',
    'big=3t',
  ])('refuses "%s" with an example of what to say', (spec) => {
    expect(() => parseSyntheticSpec(`synthetic:${spec}`)).toThrow(
      expect.objectContaining({ code: 'USAGE', guidance: expect.stringContaining('synthetic:files=') }),
    );
  });
});

describe('content', () => {
  it('is as compressible as what it stands for', () => {
    const ratio = (bytes: Buffer) => bytes.length / zstdCompressSync(bytes).length;
    expect(ratio(text('a')(2 ** 20))).toBeGreaterThan(2);
    expect(ratio(text('a')(2 ** 20))).toBeLessThan(5);
    expect(ratio(noise('a')(2 ** 20))).toBeLessThan(1.01);
  });

  it('goes on where it was, and differs from that of another seed', () => {
    const [one, whole] = [noise('a'), noise('a')];
    expect(Buffer.concat([one(10), one(20)])).toEqual(whole(30));
    expect(text('a')(100)).not.toEqual(text('b')(100));
  });
});

describe('makeSynthetic', () => {
  const spec = parseSyntheticSpec('synthetic:files=250,bytes=2m,big=10k,seed=1');

  it('makes the same tree from the same words, today and later', async () => {
    await using dir = await tempDir();
    await makeSynthetic(dir.join('a'), spec);
    // Measured figures are compared with older ones: a change of this is a change of every synthetic corpus.
    expect(digestOf(dir.join('a'))).toBe('2d0d37dafd06753a');
  });

  it('makes as many files as were asked, about as many bytes, some of them twice', async () => {
    await using dir = await tempDir();
    await makeSynthetic(dir.join('a'), spec);
    const { files, bytes } = survey(dir.join('a'));
    expect(files).toBe(251);
    expect(bytes).toBeGreaterThan(1_500_000);
    expect(bytes).toBeLessThan(3_000_000);
    const digests = filesOf(dir.join('a')).map((file) => digest(readFileSync(file)));
    const twice = digests.length - new Set(digests).size;
    expect(twice).toBeGreaterThan(10);
    expect(twice).toBeLessThan(50);
  });
});

function digestOf(tree: string): string {
  const lines = filesOf(tree).map(
    (file) => `${path.relative(tree, file)} ${statSync(file).mtimeMs} ${digest(readFileSync(file))}`,
  );
  return digest(lines.join('\n'));
}

function filesOf(tree: string): string[] {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

function digest(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
