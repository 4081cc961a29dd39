import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHUNK_ID_LENGTH, silentLog, type ClusterId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import type { ContentPart, ManifestEntry } from '@lifeboat/vault-format';
import { ClusterKeyChain } from '../../cluster-key-chain.ts';
import { OpenPacks } from '../../pack/open-packs.ts';
import type { Locate, ReadParts } from '../../parts.ts';
import { fileEntry, sendEntries, setDocument, TestVaults, type TestVault } from '../../testing/index.ts';
import { hitOf, type Hit, type MissingAmong } from './hit-sets.ts';

let vaults: TestVaults;
let test: TestVault;
beforeAll(async () => {
  vaults = await TestVaults.start();
  test = await vaults.make();
});
afterAll(async () => vaults.stop());

const idOf = (byte: number): Buffer => Buffer.alloc(CHUNK_ID_LENGTH, byte);
const GONE = idOf(1);
const THERE = idOf(2);

/** A file of these parts. */
function file(path: string, content: readonly ContentPart[]): ManifestEntry {
  const size = content.reduce((sum, part) => sum + ('hole' in part ? part.hole : part.length), 0);
  return { ...fileEntry(path, size, GONE), content: [...content] };
}
const part = (chunk: Buffer): ContentPart => ({ chunk, length: 10 });

/** Every place of `GONE` among the ids. */
const missingAmong: MissingAmong = async (_, ids) =>
  Array.from({ length: ids.length / CHUNK_ID_LENGTH }, (__, place) => place).filter((place) =>
    ids.subarray(place * CHUNK_ID_LENGTH, (place + 1) * CHUNK_ID_LENGTH).equals(GONE),
  );

async function documentOf(...trees: readonly (readonly ManifestEntry[])[]): Promise<SetDocument> {
  const drawn = setDocument(test, 1, null, Buffer.alloc(0));
  const captures: SetDocument['captures'][number][] = [];
  for (const [index, entries] of trees.entries()) {
    const root = (await sendEntries(test, entries)).toString('hex');
    captures.push({ ...drawn.captures[0]!, tree: `tree ${index}`, root, entries: entries.length });
  }
  return { ...drawn, captures };
}

const inCatalog: Locate = async (cluster: ClusterId, ids: Buffer) => test.catalog.chunks.locate(cluster, ids);

async function hit(
  document: SetDocument,
  { locate = inCatalog, among = missingAmong }: { locate?: Locate; among?: MissingAmong } = {},
): Promise<Hit> {
  const { store, keyRing, workDir } = test.parts;
  const keys = new ClusterKeyChain(keyRing);
  const openPacks = await OpenPacks.open(workDir);
  const parts: ReadParts = { id: test.vault.id, store, keyRing, keys, locate, openPacks, log: silentLog };
  return hitOf(parts, document, among);
}

describe('a set is hit', () => {
  it('in the trees and files whose bytes are not all there, and in no other', async () => {
    const document = await documentOf(
      [file('whole', [part(THERE)])],
      [file('broken', [part(THERE), part(GONE)]), file('hole', [{ hole: 50 }]), file('whole', [part(THERE)])],
    );
    const { trees, missing } = await hit(document);
    expect(trees).toEqual([{ node: 'node-1', tree: 'tree 1', files: 1, paths: ['broken'] }]);
    expect([...missing]).toEqual([GONE.toString('hex')]);
  });

  it('once by each file, however many of its parts are gone', async () => {
    const twice = [part(GONE), part(THERE), part(GONE)];
    const { trees } = await hit(await documentOf([file('a', twice), file('b', twice)]));
    expect(trees).toMatchObject([{ files: 2, paths: ['a', 'b'] }]);
  });

  it('by none that has no bytes, of which nothing is asked', async () => {
    const among = async (): Promise<never> => Promise.reject(new Error('asked'));
    const document = await documentOf([file('empty', []), file('hole', [{ hole: 50 }])]);
    expect((await hit(document, { among })).trees).toEqual([]);
  });

  it('as far as it goes, although not every path of a tree is told', async () => {
    const paths = Array.from({ length: 30 }, (_, index) => `file ${10 + index}`);
    const { trees } = await hit(await documentOf(paths.map((path) => file(path, [part(GONE)]))));
    expect(trees).toMatchObject([{ files: 30, paths: paths.slice(0, 20) }]);
  });

  it('in large trees too, whose chunks are asked for by and by', async () => {
    const asked: number[] = [];
    const among: MissingAmong = async (cluster, ids) => {
      asked.push(ids.length / CHUNK_ID_LENGTH);
      return missingAmong(cluster, ids);
    };
    const large = Array.from({ length: 4100 }, () => part(THERE));
    const document = await documentOf([file('a', [...large, part(GONE)]), file('b', [part(GONE)])]);
    expect((await hit(document, { among })).trees).toMatchObject([{ files: 2, paths: ['a', 'b'] }]);
    expect(asked).toEqual([4101, 1]);
  });

  it('in all of a tree whose manifest is gone', async () => {
    const document = await documentOf([file('a', [part(THERE)]), file('b', [part(THERE)])]);
    const { trees, missing } = await hit(document, { locate: async () => [undefined] });
    expect(trees).toMatchObject([{ files: 2, paths: [] }]);
    expect([...missing]).toEqual([document.captures[0]!.root]);
  });
});

it('a set is not taken for hit while the catalog does not answer', async () => {
  const document = await documentOf([file('a', [part(THERE)])]);
  const locate = async (): Promise<never> => Promise.reject(new Error('no answer'));
  await expect(hit(document, { locate })).rejects.toThrow('no answer');
});
