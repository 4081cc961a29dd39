import { describe, expect, it } from '@jest/globals';
import type { ManifestEntry } from '@lifeboat/vault-format';

import { activeDirectories } from './active-directories.ts';

function entry(path: string, seconds: number, type: ManifestEntry['type'] = 'directory'): ManifestEntry {
  const mtimeNs = BigInt(seconds) * 1_000_000_000n;
  return {
    path: Buffer.from(path),
    type,
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtimeNs,
    ctimeNs: mtimeNs,
    size: 0,
    inode: 1n,
    content: [],
  };
}

async function* stream(entries: Iterable<ManifestEntry>) {
  yield* entries;
}

describe('active directories', () => {
  it('are those changed last, the latest first; files and the root itself are none', async () => {
    const entries = [
      entry('', 99),
      entry('1', 10),
      entry('1/2', 30),
      entry('1/2/f', 90, 'file'),
      entry('1/3', 20),
    ];
    expect(await activeDirectories(stream(entries))).toEqual(['1/2', '1/3', '1']);
  });

  it('are at most 1,500, however many directories there are', async () => {
    const entries = Array.from({ length: 20_000 }, (_, index) => entry(`1/${index}`, index));
    const active = await activeDirectories(stream(entries));
    expect(active).toHaveLength(1500);
    expect(active[0]).toBe('1/19999');
    expect(active.at(-1)).toBe('1/18500');
  });
});
