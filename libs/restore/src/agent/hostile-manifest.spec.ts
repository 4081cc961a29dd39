import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ManifestEntry } from '@lifeboat/vault-format';
import { SafeEntries } from '@lifeboat/file-tree';
import { Bench, OPERATION, plant, RESTORE } from './restore-agent.fixture.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

function entry(
  path: string,
  type: ManifestEntry['type'] = 'file',
  more: Partial<ManifestEntry> = {},
): ManifestEntry {
  const base = {
    path: Buffer.from(path),
    type,
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    ctimeNs: 0n,
    size: 0,
    inode: 1n,
  };
  return {
    ...base,
    content: [],
    ...(type === 'symlink' ? { linkTarget: Buffer.from('/etc') } : {}),
    ...more,
  };
}

describe('entries of a manifest', () => {
  it.each([
    ['climbs', [entry('../escaped')]],
    ['climbs inside', [entry('a', 'directory'), entry('a/../../escaped')]],
    ['is absolute', [entry('/etc/passwd')]],
    ['has an empty component', [entry('a', 'directory'), entry('a//b')]],
    ['is a dot', [entry('./a')]],
    ['holds a NUL', [entry('a\0b')]],
    ['is in our own folder', [entry('.lifeboat', 'directory')]],
    ['is in our own folder, deeper', [entry('a', 'directory'), entry('a/.lifeboat')]],
    ['comes twice', [entry('a'), entry('a')]],
    ['comes out of order', [entry('b'), entry('a')]],
    ['lies below a link', [entry('a', 'symlink'), entry('a/b')]],
    ['lies below a link, an implied directory between', [entry('a', 'symlink'), entry('a/b/c')]],
    ['lies below a file', [entry('a'), entry('a/b')]],
    ['makes the root a link', [entry('', 'symlink')]],
  ])('are refused when one %s', (_, entries) => {
    const gate = new SafeEntries();
    expect(() => entries.forEach((one) => gate.check(one))).toThrow(
      expect.objectContaining({ code: 'PATH_UNSAFE' }),
    );
  });

  it.each([
    ['parts that do not add up', entry('a', 'file', { size: 5, content: [{ hole: 4 }] })],
    ['an impossible mode', entry('a', 'file', { mode: 0o100644 })],
    ['content in a directory', entry('a', 'directory', { content: [{ hole: 4 }] })],
  ])('are refused with %s', (_, one) => {
    expect(() => new SafeEntries().check(one)).toThrow(expect.objectContaining({ code: 'FORMAT_DAMAGED' }));
  });

  it('may leave directories out, which are then made first', () => {
    const gate = new SafeEntries();
    gate.check(entry('a', 'directory'));
    expect(gate.check(entry('a/b/c/d')).impliedDirectories).toEqual(['a/b', 'a/b/c']);
    expect(gate.check(entry('a/b/e')).impliedDirectories).toEqual([]);
  });
});

describe('staging', () => {
  it('refuses bytes that are not the chunk asked for, and changes nothing live', async () => {
    plant(bench.wanted, { file: 'what was backed up' });
    plant(bench.live, { file: 'live' });
    const root = bench.vault.capture(bench.wanted);
    for (const [id, bytes] of bench.vault.chunks) {
      if (bytes.toString() === 'what was backed up')
        bench.vault.chunks.set(id, Buffer.from('what was tampered!'));
    }
    await expect(bench.agent().stage(bench.stage(root), OPERATION)).rejects.toMatchObject({
      code: 'VERIFY_MISMATCH',
    });
  });

  it('says so when the server lacks a chunk', async () => {
    plant(bench.wanted, { file: 'what was backed up' });
    mkdirSync(bench.live);
    const root = bench.vault.capture(bench.wanted);
    for (const [id, bytes] of bench.vault.chunks)
      if (bytes.toString() === 'what was backed up') bench.vault.chunks.delete(id);
    await expect(bench.agent().stage(bench.stage(root), OPERATION)).rejects.toMatchObject({
      code: 'CHUNK_MISSING',
    });
  });

  it('writes nothing through a link put in place of its own folder', async () => {
    plant(bench.wanted, { file: 'what was backed up' });
    mkdirSync(bench.live);
    const elsewhere = join(bench.folder, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(bench.live, '.lifeboat'));
    const root = bench.vault.capture(bench.wanted);
    await expect(bench.agent().stage(bench.stage(root), OPERATION)).rejects.toMatchObject({
      code: 'PATH_UNSAFE',
    });
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('reads no seed through a link, and puts links of the set down as links', async () => {
    const outside = join(bench.folder, 'outside');
    plant(outside, { 'dir/file': 'what was backed up' });
    plant(bench.wanted, { 'dir/file': 'what was backed up', out: { link: outside } });
    mkdirSync(bench.live);
    symlinkSync(join(outside, 'dir'), join(bench.live, 'dir'));
    const result = await bench.agent().stage(bench.stage(bench.vault.capture(bench.wanted)), OPERATION);
    expect(result.bytesSeeded).toBe(0n);
    const staged = join(bench.live, '.lifeboat', `stage-${RESTORE}`, 'tree');
    expect(lstatSync(join(staged, 'out')).isSymbolicLink()).toBe(true);
  });

  it('leaves out what is excluded here, even if the set has it', async () => {
    plant(bench.wanted, { 'data/store/doc': 'from the set', other: 'x' });
    plant(bench.live, { 'data/store/doc': 'live' });
    const root = bench.vault.capture(bench.wanted);
    const result = await bench.agent().stage(bench.stage(root, { excludes: ['data/store'] }), OPERATION);
    expect(result.warnings.join()).toContain('2 entries');
    expect(existsSync(join(bench.live, '.lifeboat', `stage-${RESTORE}`, 'tree/data/store'))).toBe(false);
  });

  it('uses what a broken-off run left in the stage', async () => {
    plant(bench.wanted, { a: 'first', b: 'second' });
    const root = bench.vault.capture(bench.wanted);
    mkdirSync(bench.live);
    const second = [...bench.vault.chunks].find(([, bytes]) => bytes.toString() === 'second')!;
    bench.vault.chunks.delete(second[0]);
    const agent = bench.agent();
    await expect(agent.stage(bench.stage(root), OPERATION)).rejects.toMatchObject({ code: 'CHUNK_MISSING' });
    bench.vault.chunks.set(...second);
    writeFileSync(join(bench.live, '.lifeboat', `stage-${RESTORE}`, 'tree/b'), 'secomd');
    const again = bench.agent();
    await again.replay();
    expect(await again.stage(bench.stage(root), OPERATION)).toMatchObject({
      bytesFetched: 6n,
      bytesSeeded: 5n,
    });
  });
});
