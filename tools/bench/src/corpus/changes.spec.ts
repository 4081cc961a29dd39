import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { compareTrees, tempDir, type TempDir } from '@lifeboat/testkit';

import { WrongResult } from '../wrong-result.ts';
import { assertSame } from './assert-same.ts';
import { appendToSome, damageSome } from './changes.ts';
import { survey } from './survey.ts';

async function twoTrees(dir: TempDir): Promise<[string, string]> {
  await mkdir(dir.join('a'));
  for (let file = 0; file < 400; file += 1) await writeFile(dir.join('a', `${file}`), `content ${file}`);
  await cp(dir.join('a'), dir.join('b'), { recursive: true, preserveTimestamps: true });
  await compareTrees(dir.join('a'), dir.join('b'));
  return [dir.join('a'), dir.join('b')];
}

describe('appendToSome', () => {
  it('appends to about one in a hundred, the same for the same seed', async () => {
    await using dir = await tempDir();
    const [a, b] = await twoTrees(dir);
    const before = survey(a).bytes;
    const changed = appendToSome([a], 'seed');
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThan(16);
    expect(survey(a).bytes).toBe(before + 1000 * changed);
    expect(appendToSome([b], 'seed')).toBe(changed);
  });
});

describe('damageSome', () => {
  it('is seen by the witness, every single one', async () => {
    await using dir = await tempDir();
    const [a, b] = await twoTrees(dir);
    const damaged = damageSome([b], 'seed');
    const files = (await compareTrees(a, b)).filter((line) => !line.endsWith('/'));
    expect(files).toHaveLength(damaged);
  });

  it('follows no link to a directory', async () => {
    await using dir = await tempDir();
    await mkdir(dir.join('tree'));
    await writeFile(dir.join('apart'), 'content');
    await writeFile(dir.join('tree', 'one'), 'content');
    await symlink('..', dir.join('tree', 'out'));
    expect(damageSome([dir.join('tree')], 'seed')).toBe(1);
    expect(await readFile(dir.join('apart'), 'utf8')).toBe('content');
  });

  it('damages one file of a corpus that has but few', async () => {
    await using dir = await tempDir();
    await writeFile(dir.join('one'), 'content');
    expect(damageSome([dir.path], 'seed')).toBe(1);
  });
});

describe('assertSame', () => {
  it('accepts a copy, and refuses one in which a time or a byte is another', async () => {
    await using dir = await tempDir();
    const [a] = await twoTrees(dir);
    const contender = { name: 'someone' };
    await expect(assertSame(contender, [a], [a])).resolves.toBeUndefined();
    await cp(a, dir.join('c'), { recursive: true }); // times are those of now
    const refused = assertSame(contender, [a], [dir.join('c')]);
    await expect(refused).rejects.toThrow(WrongResult);
    await expect(refused).rejects.toThrow(/someone: .*differences/);
  });
});
