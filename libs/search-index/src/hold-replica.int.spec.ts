import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { tempDir, waitUntil, type TempDir } from '@lifeboat/testkit';

import { holdReplica, VerifiedFiles, type HeldIndex, type HeldReplica } from './index.ts';
import { ChurnProgram, type ChurnWriter, type LuceneMajor } from './lucene/testing/churn.ts';

const CAPTURES = 5;

describe.each<LuceneMajor>([3, 8])('a replica of Lucene %i', (major) => {
  let classes: TempDir;
  let dir: TempDir;
  let program: ChurnProgram;
  let writers: ChurnWriter[];
  beforeAll(async () => {
    classes = await tempDir('lifeboat-churn');
    program = await ChurnProgram.compile(major, classes.path);
  }, 120_000);
  afterAll(() => classes.remove());
  beforeEach(async () => {
    dir = await tempDir('lifeboat-replica');
    writers = [];
  });
  afterEach(async () => {
    await Promise.all(writers.map((writer) => writer.end()));
    await dir.remove();
  });

  const hold = (verified = new VerifiedFiles()): Promise<HeldReplica> =>
    holdReplica({ root: dir.join('lucene'), owner: 'node-1', epoch: 'set-1', verified });

  async function write(...companies: string[]): Promise<void> {
    for (const [seed, company] of companies.entries()) {
      mkdirSync(dir.join('lucene', company), { recursive: true });
      writers.push(await program.write(dir.join('lucene', company), seed));
    }
  }

  async function stop(): Promise<void> {
    await Promise.all(writers.splice(0).map((writer) => writer.end()));
  }

  function isSuperseded({ folder, commit }: HeldIndex): boolean {
    return !existsSync(path.join(dir.join('lucene'), folder, commit.name));
  }

  /** The held files under their own names. */
  function copy(held: HeldReplica, name: string): string[] {
    return held.indexes.map(({ folder, pins }) => {
      const target = dir.join('copies', name, folder);
      mkdirSync(target, { recursive: true });
      for (const pin of pins) cpSync(pin.location, path.join(target, path.basename(pin.path)));
      return target;
    });
  }

  it('is held at one commit of each index, exactly, while its writers index, delete and merge', async () => {
    await write('10154', '0');
    const verified = new VerifiedFiles();
    const copies: string[] = [];
    const counted: number[] = [];
    const held: string[] = [];
    for (let round = 0; round < CAPTURES; round += 1) {
      const replica = await hold(verified);
      expect(replica).toMatchObject({ leftOut: [], strays: [] });
      expect(replica.indexes.map(({ folder }) => folder)).toEqual(['0', '10154']);
      // The writers go on and delete what they do not need any more: what is held stays.
      for (const index of replica.indexes) await waitUntil('a newer commit', () => isSuperseded(index));
      copies.push(...copy(replica, String(round)));
      expect(copies.flatMap((directory) => readdirSync(directory))).not.toContain('write.lock');
      counted.push(...replica.indexes.map(({ commit }) => commit.documents));
      held.push(...replica.indexes.map(({ folder, commit }) => `${folder}/${commit.name}`));
      replica.release();
    }
    await stop();
    const checked = await program.check(copies);
    expect(checked).toEqual(
      counted.map((live) => ({ clean: true, exact: true, live, commit: expect.any(Number) })),
    );
    expect(new Set(held).size).toBe(2 * CAPTURES);
    expect(existsSync(dir.join('lucene/.lifeboat/hold/node-1/set-1'))).toBe(false);
  }, 120_000);

  it('is held without an index that is damaged, which it names, and with the others', async () => {
    await write('1', '2');
    await stop();
    const folder = dir.join('lucene/1');
    // Lucene 3 has a checksum for its commits alone.
    const victim = readdirSync(folder).find((name) =>
      (major === 3 ? /^segments_/ : /\.(cfs|fdt)$/).test(name),
    )!;
    const bytes = readFileSync(path.join(folder, victim));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(path.join(folder, victim), bytes);
    const held = await hold();
    expect(held.indexes.map((index) => index.folder)).toEqual(['2']);
    expect(held.leftOut).toEqual([{ path: '1', reason: expect.stringContaining(victim) }]);
    held.release();
  }, 120_000);
});
