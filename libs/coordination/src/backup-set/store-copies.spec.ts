import { describe, expect, it } from '@jest/globals';
import type { ManifestEntry } from '@lifeboat/vault-format';

import { file, folder, segments, stream } from '../testing/entries.ts';
import { StoreCopies } from './store-copies.ts';

async function copiesOf(round: ManifestEntry[], ...extras: ManifestEntry[][]): Promise<StoreCopies> {
  const copies = new StoreCopies();
  await copies.setRound(segments(round));
  for (const extra of extras) await copies.addExtra(stream(extra));
  return copies;
}

describe('StoreCopies', () => {
  it('knows the sizes of the round’s files, and nothing of its folders', async () => {
    const copies = await copiesOf([folder('1'), folder('1/2'), file('1/2/7/1.0', 10)]);
    expect(copies.size('1/2/7/1.0')).toBe(10);
    expect(copies.size('1/2')).toBeUndefined();
    expect([...copies.files()]).toEqual(['1/2/7/1.0']);
  });

  it('answers with the copy that is wanted, the round’s where none is', async () => {
    const copies = await copiesOf(
      [file('1/0/5.png/1.0', 3)],
      [file('1/0/5.png/1.0', 4)],
      [file('1/0/5.png/1.0', 5)],
    );
    expect([3, 4, 5, 9].map((wanted) => copies.size('1/0/5.png/1.0', wanted))).toEqual([3, 4, 5, 3]);
    expect(copies.roundHas(Buffer.from('1/0/5.png/1.0'), 3)).toBe(true);
    expect(copies.roundHas(Buffer.from('1/0/5.png/1.0'), 4)).toBe(false);
    expect(copies.extra('1/0/5.png/1.0', 4)?.size).toBe(4);
    expect(copies.extra('1/0/5.png/1.0', 3)).toBeUndefined();
  });

  it('knows files that only a hold saw', async () => {
    const copies = await copiesOf([], [folder('1'), file('1/2/8/1.0', 6)]);
    expect(copies.size('1/2/8/1.0')).toBe(6);
    expect([...copies.files()]).toEqual(['1/2/8/1.0']);
    expect(copies.extraDirectories().map(({ path }) => path.toString())).toEqual(['1']);
  });

  it('puts the earlier versions that a hold keeps at their own path', async () => {
    const copies = await copiesOf(
      [file('1/0/5.png/1.0', 3)],
      [
        folder('.lifeboat'),
        folder('.lifeboat/earlier/1'),
        file('.lifeboat/earlier/1/1/0/5.png/1.0', 8, 'first'),
        file('.lifeboat/earlier/2/1/0/5.png/1.0', 9, 'second'),
      ],
    );
    expect(copies.size('1/0/5.png/1.0', 8)).toBe(8);
    expect(copies.extra('1/0/5.png/1.0', 9)?.path.toString()).toBe('1/0/5.png/1.0');
    expect([...copies.files()]).toEqual(['1/0/5.png/1.0']);
    expect(copies.extraDirectories()).toEqual([]);
  });

  it('finds a document by name and label in every folder, with all its copies', async () => {
    const copies = await copiesOf(
      [
        file('1/20/101/1.0', 10),
        file('1/30/101/1.0', 11),
        file('1/20/101/1.1', 12),
        file('2/20/101/1.0', 13),
      ],
      [file('1/20/101/1.0', 14)],
    );
    expect(copies.inAnyFolder('1/7/101/1.0')).toEqual([
      { path: '1/20/101/1.0', size: 10 },
      { path: '1/20/101/1.0', size: 14 },
      { path: '1/30/101/1.0', size: 11 },
    ]);
    expect(copies.inAnyFolder('1/7/102/1.0')).toEqual([]);
  });

  it('finds by name what was held after it was asked for the first time', async () => {
    const copies = await copiesOf([file('1/20/101/1.0', 10)]);
    expect(copies.inAnyFolder('1/7/999/1.0')).toEqual([]);
    await copies.addExtra(stream([file('1/40/999/1.0', 5)]));
    expect(copies.inAnyFolder('1/7/999/1.0')).toEqual([{ path: '1/40/999/1.0', size: 5 }]);
  });

  it('keeps names apart that are not UTF-8, and finds those that are', async () => {
    const bytes = (last: number) =>
      Buffer.concat([Buffer.from('1/2/caf'), Buffer.from([last]), Buffer.from('/1.0')]);
    const copies = await copiesOf([file(bytes(0xe9), 1), file(bytes(0xea), 2), file('1/2/café/1.0', 3)]);
    expect(copies.size('1/2/café/1.0')).toBe(3);
    expect(copies.roundHas(bytes(0xe9), 1)).toBe(true);
    expect(copies.roundHas(bytes(0xea), 2)).toBe(true);
    expect([...copies.files()]).toHaveLength(3);
  });
});
