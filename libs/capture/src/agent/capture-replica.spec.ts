import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { VerifiedFiles } from '@lifeboat/search-index';
import { captureReplica, WorkerPool } from './index.ts';
import { Scene } from './test-trees.ts';

const workers = new WorkerPool(1);
let scene: Scene;
let verified: VerifiedFiles;

beforeEach(() => {
  scene = new Scene(workers);
  verified = new VerifiedFiles();
});
afterEach(() => scene.remove());
afterAll(() => workers.close());

const capture = () => captureReplica({ ...scene.options, owner: 'node-1', epoch: 'set-1', verified });

async function files(): Promise<string[]> {
  const { root } = await capture();
  const entries = scene.peer.tree(root).map(({ entry }) => entry);
  return entries.filter(({ type }) => type === 'file').map(({ path }) => path.toString());
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A commit of Lucene 3.6 with one compound segment. */
function commitOf(segment: string): Buffer {
  const none = Buffer.alloc(8, 0xff);
  const parts = [
    int(-11),
    Buffer.alloc(8),
    int(1),
    int(1),
    text('3.5'),
    text(segment),
    int(12),
    none,
    int(-1),
  ];
  const rest = [Buffer.of(1), int(-1), Buffer.of(1), int(2), Buffer.of(1), int(0), Buffer.of(0), int(0)];
  const body = Buffer.concat([...parts, ...rest]);
  const checksum = Buffer.alloc(8);
  checksum.writeBigUInt64BE(BigInt(crc32(body)));
  return Buffer.concat([body, checksum]);
}

function commit(folder: string, number: string, segment: string): void {
  scene.write(`${folder}/${segment}.cfs`, `documents of ${segment}`);
  scene.write(`${folder}/segments_${number}`, commitOf(segment));
}

describe('captureReplica', () => {
  it('captures the files of the newest commit and nothing else, and says what it is', async () => {
    commit('10154', '9', '_0');
    commit('10154', 'a', '_1');
    scene.write('10154/write.lock', '');
    scene.write('10154/_2.cfs', 'not committed yet');
    scene.write('10154/segments.gen', '');
    const { searchIndex, notKept } = await capture();
    expect(searchIndex?.indexes).toMatchObject([
      { folder: '10154', commit: 'segments_a', luceneVersion: '3.5', documents: 10n, files: 2, leftOut: '' },
    ]);
    expect(notKept).toEqual([]);
    expect(await files()).toEqual(['10154/_1.cfs', '10154/segments_a']);
    expect(existsSync(join(scene.root, '.lifeboat/hold/node-1/set-1'))).toBe(false);
  });

  it('reads again only what is new, although holding it moved its ctime', async () => {
    commit('0', '1', '_0');
    expect(Number((await capture()).bytesRead)).toBeGreaterThan(0);
    expect((await capture()).bytesRead).toBe(0n);
    commit('0', '2', '_0');
    rmSync(join(scene.root, '0/segments_1'));
    const { filesChanged } = await capture();
    expect(filesChanged).toBe(2n);
  });

  it('takes the commit before one that is still being written', async () => {
    commit('0', '1', '_0');
    scene.write('0/segments_2', commitOf('_1').subarray(0, -3));
    expect(await files()).toEqual(['0/_0.cfs', '0/segments_1']);
  });

  it('leaves an index out that names files outside it, or whose commit is damaged, and says why', async () => {
    commit('0', '1', '_0');
    scene.write('1/segments_1', commitOf('../0/_0'));
    scene.write('2/segments_1', 'no commit at all');
    scene.write('3/stray', 'x');
    mkdirSync(join(scene.root, '4'));
    writeFileSync(join(scene.root, '4/write.lock'), '');
    const { searchIndex, notKept } = await capture();
    expect(searchIndex?.indexes).toMatchObject([
      { folder: '0', leftOut: '' },
      { folder: '1', commit: '', leftOut: expect.stringContaining('../0/_0') },
      { folder: '2', commit: '', leftOut: expect.stringContaining('segments_1') },
    ]);
    expect(notKept.map(({ path }) => path)).toEqual(['1', '2', '3/stray']);
    expect(await files()).toEqual(['0/_0.cfs', '0/segments_1']);
  });
});
