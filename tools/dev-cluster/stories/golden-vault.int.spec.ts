import { chmod, cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tempDir, type TempDir } from '@lifeboat/testkit';

import { OFFLINE_READERS } from './offline-readers.fixture.ts';
import { tool } from './witness.fixture.ts';

const GOLDEN = path.resolve(import.meta.dirname, '../../../libs/vault/golden');

/** Type, mode, size, time, names, link target and digest of everything in a tree, by programs that are not ours. */
const LISTING = `
  find . -type d -printf '%y %m - %T@ %P\\n' -o -printf '%y %m %s %T@ %n %l %P\\n' | LC_ALL=C sort
  find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  getfattr -d -R . 2>/dev/null`;

/** What a release wrote is read for ever. */
describe.each(['version-1'])('the golden vault of %s', (version) => {
  let dir: TempDir;
  let key: string;

  beforeAll(async () => {
    dir = await tempDir('story-golden');
    key = dir.join('root.key');
    await cp(path.join(GOLDEN, version, 'root.key'), key);
    await chmod(key, 0o600);
  });

  afterAll(() => dir.remove());

  it.each(Object.entries(OFFLINE_READERS))('is read by %s', async (reader, { extract }) => {
    const { code } = await extract(path.join(GOLDEN, version, 'vault'), ['--key', key], dir.join(reader));
    expect(code).toBe(0);
    const tree = path.join(dir.join(reader), 'node-1', 'path-srv-golden');
    const listing = await tool('sh', ['-c', `cd "$0" && (${LISTING}) | cat -v`, tree]);
    expect(listing).toBe(await readFile(path.join(GOLDEN, version, 'listing.txt'), 'utf8'));
  });
});
