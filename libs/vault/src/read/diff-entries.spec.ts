import { describe, expect, it } from '@jest/globals';
import type { ContentPart, ManifestEntry } from '@lifeboat/vault-format';
import { fileEntry, seededBytes } from '../testing/index.ts';
import { diffEntries } from './diff-entries.ts';

const [one, two] = [seededBytes('one', 33), seededBytes('two', 33)];
const file = fileEntry('a', 30, one);
const withContent = (content: ContentPart[]): ManifestEntry => ({ ...file, content });
const attributed = (name: string, value: string): ManifestEntry => ({
  ...file,
  xattrs: [{ name: Buffer.from(name), value: Buffer.from(value) }],
});

describe('two entries of one path', () => {
  it.each<[string, ManifestEntry, ManifestEntry]>([
    ['a hole that grew', withContent([{ hole: 10 }]), withContent([{ hole: 20 }])],
    ['a hole that was filled', withContent([{ hole: 30 }]), file],
    ['a chunk that became a hole', file, withContent([{ hole: 30 }])],
    ['another chunk of that length', file, withContent([{ chunk: two, length: 30 }])],
    ['that chunk with another length', file, withContent([{ chunk: one, length: 29 }])],
    ['more of it', file, withContent([...file.content, { hole: 1 }])],
  ])('differ in content by %s', (_, before, after) => {
    expect(diffEntries(before, after)).toEqual(['content']);
  });

  it('are the same with the same holes, chunks, links and attributes', () => {
    const sparse = withContent([{ hole: 10 }, { chunk: one, length: 20 }]);
    const twin = withContent([{ hole: 10 }, { chunk: Buffer.from(one), length: 20 }]);
    expect(diffEntries(sparse, twin)).toEqual([]);
    expect(diffEntries(attributed('user.a', '1'), attributed('user.a', '1'))).toEqual([]);
    const link = { ...file, type: 'symlink' as const, content: [], linkTarget: Buffer.from('there') };
    expect(diffEntries(link, { ...link, linkTarget: Buffer.from('there') })).toEqual([]);
  });

  it('differ in attributes by name and by value', () => {
    for (const other of [attributed('user.b', '1'), attributed('user.a', '2')])
      expect(diffEntries(attributed('user.a', '1'), other)).toEqual(['attributes']);
  });

  it('differ in owner by number and by name', () => {
    for (const change of [{ uid: 9 }, { gid: 9 }, { user: 'x' }, { group: 'x' }])
      expect(diffEntries(file, { ...file, ...change })).toEqual(['owner']);
  });
});
