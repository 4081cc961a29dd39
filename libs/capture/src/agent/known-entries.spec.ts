import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { walk, type WalkEntry } from '@lifeboat/file-tree';
import { tempDir, type TempDir } from '@lifeboat/testkit';
import type { ManifestEntry } from '@lifeboat/vault-format';

import { KnownEntries } from './known-entries.ts';
import { plannedEntry } from './planned-entry.ts';
import type { PreviousManifest } from './previous-manifest.ts';

const NAMES = { user: () => undefined, group: () => undefined };
/** Long after everything here: nothing is too fresh to be believed. */
const LATER = 1n << 62n;

let dir: TempDir;

beforeEach(async () => {
  dir = await tempDir('lifeboat-known-entries');
  for (const folder of ['1/10/100', '1/10/101', '1/11/102/deep'])
    mkdirSync(dir.join(folder), { recursive: true });
  for (const file of ['1/10/100/1.0', '1/10/100/1.1', '1/10/101/1.0', '1/11/102/deep/1.0', 'last'])
    writeFileSync(dir.join(file), file);
});

afterEach(() => dir.remove());

function entriesNow(): ManifestEntry[] {
  return [...walk(dir.path, { excludes: [] })].map((found) =>
    withSize(plannedEntry(found, NAMES).entry, found),
  );
}

/** As the pipeline would have filled it in. */
function withSize(entry: ManifestEntry, { stat, type }: WalkEntry): ManifestEntry {
  return type === 'file' ? { ...entry, size: Number(stat.size) } : entry;
}

/** Walks with what is known; answers with the paths seen and the directories whose names were known. */
function walkAgain(entries: ManifestEntry[], facts: Partial<PreviousManifest> = {}) {
  const previous = {
    entries: () => entries.values(),
    readBefore: LATER,
    isWhole: true,
    excludes: [],
    ...facts,
  };
  const known = new KnownEntries(previous as never, []);
  const listed = new Set<string>();
  const seen: string[] = [];
  const knownNames = (path: string) => {
    const names = known.namesIn(path);
    if (names !== undefined) listed.add(path);
    return names;
  };
  for (const entry of walk(dir.path, { excludes: [], knownNames })) {
    seen.push(entry.path.toString());
    known.unchanged(entry);
  }
  return { seen, known: [...listed] };
}

describe('KnownEntries', () => {
  it('knows what unchanged directories hold, and the walk sees the same as before', () => {
    const before = entriesNow();
    const { seen, known } = walkAgain(before);
    expect(seen).toEqual(before.map(({ path }) => path.toString()));
    expect(known).toEqual(['1', '1/10', '1/10/100', '1/10/101', '1/11', '1/11/102', '1/11/102/deep']);
  });

  it('lists a directory anew in which a name came or went, and sees a file that was written in place', () => {
    const before = entriesNow();
    writeFileSync(dir.join('1/10/100/1.2'), 'new');
    rmSync(dir.join('1/11/102'), { recursive: true });
    writeFileSync(dir.join('1/10/101/1.0'), 'longer than it was');
    const { seen, known } = walkAgain(before);
    expect(seen).toContain('1/10/100/1.2');
    expect(seen).not.toContain('1/11/102');
    expect(seen).toContain('1/10/101/1.0');
    expect(known).toEqual(['1', '1/10', '1/10/101']);
  });

  it('sees a directory that became something else, whatever its name', () => {
    const before = entriesNow();
    rmSync(dir.join('1/10/100'), { recursive: true });
    symlinkSync('/', dir.join('1/10/100'));
    const { seen } = walkAgain(before);
    expect(seen).toContain('1/10/100');
    expect(seen).not.toContain('1/10/100/1.0');
  });

  it('lists everything where the last capture left something out, or was asked to', () => {
    const before = entriesNow();
    expect(walkAgain(before, { isWhole: false }).known).toEqual([]);
    expect(walkAgain(before, { excludes: ['1/10/100'] }).known).toEqual([]);
  });

  it('lists what changed too shortly before it was read', () => {
    expect(walkAgain(entriesNow(), { readBefore: 0n }).known).toEqual([]);
  });

  it('lists the directories that come after the end of a damaged manifest, the one it broke off in among them', () => {
    const before = entriesNow();
    const cut = before.filter(({ path }) => path.toString() < '1/10/101/1');
    const { seen } = walkAgain(cut);
    expect(seen).toEqual(before.map(({ path }) => path.toString()));
  });

  it('lists a directory of many', () => {
    for (let number = 0; number < 100; number += 1) writeFileSync(dir.join(`1/10/100/${number}`), '');
    const { seen, known } = walkAgain(entriesNow());
    expect(seen.filter((path) => path.startsWith('1/10/100/'))).toHaveLength(102);
    expect(known).not.toContain('1/10/100');
  });
});

// A directory's own times may be set back by whoever owns it; ctime may not.
it('is not taken in by a modification time that was set back', async () => {
  const before = entriesNow();
  const { mtimeNs } = before.find(({ path }) => path.toString() === '1/10/101')!;
  writeFileSync(dir.join('1/10/101/2.0'), '');
  const seconds = Number(mtimeNs) / 1e9;
  utimesSync(dir.join('1/10/101'), seconds, seconds);
  expect(walkAgain(before).seen).toContain('1/10/101/2.0');
});
