import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeSegment, fileSizes, type ManifestEntry } from '@lifeboat/vault-format';
import {
  captureTestTree,
  fileEntry,
  seededBytes,
  sendEntries,
  storeWith,
  TestSender,
  TestVaults,
  type TestVault,
} from '../testing/index.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

const FILES = { 'a.txt': Buffer.from('first file'), 'b.bin': seededBytes('b', 100_000) };

const senderOf = async (test: TestVault): Promise<TestSender> =>
  TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);

describe('a manifest', () => {
  it('gives its segments as they are, for who reads them in another way', async () => {
    const test = await vaults.make();
    const root = await captureTestTree(test, await senderOf(test), FILES);
    const sizes: [string, number][] = [];
    const paths: string[] = [];
    for await (const segment of test.vault.segments(test.cluster, root)) {
      fileSizes(segment, (path, size) => sizes.push([path, size]));
      paths.push(...[...decodeSegment(segment)].map(({ path }) => path.toString()));
    }
    expect(sizes).toEqual(Object.entries(FILES).map(([path, { length }]) => [path, length]));
    expect(paths).toEqual(Object.keys(FILES));
  });
});

describe('a file', () => {
  it.each<[what: string, entry: (chunk: Buffer) => ManifestEntry, reason: string]>([
    [
      'whose chunk has another length than it says',
      (chunk) => fileEntry('a', 11, chunk),
      'has 10 bytes, not 11',
    ],
    [
      'whose parts are not as long as it is',
      (chunk) => ({ ...fileEntry('a', 10, chunk), size: 12 }),
      'its parts have 10 bytes, the entry says 12',
    ],
  ])('%s is not restored as if it were whole', async (_, entryOf, reason) => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    await captureTestTree(test, sender, FILES);
    const reading = test.vault.readFile(test.cluster, entryOf(sender.idOf(FILES['a.txt']))).toArray();
    await expect(reading).rejects.toMatchObject({
      code: 'FORMAT_DAMAGED',
      message: expect.stringContaining(reason),
    });
  });
});

describe('a closure', () => {
  it('counts every chunk of files of thousands of pieces, and no hole', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    await captureTestTree(test, sender, FILES);
    const piece = { chunk: sender.idOf(FILES['a.txt']), length: 10 };
    const content = [{ hole: 1_000_000 }, ...Array.from({ length: 5000 }, () => piece)];
    const entries = ['x', 'y'].map((path) => ({
      ...fileEntry(path, 0, Buffer.alloc(0)),
      size: 1_050_000,
      content,
    }));
    const root = await sendEntries(test, entries);
    const closure = { chunks: 10_000, bytes: 2_100_000 };
    expect(await test.vault.assertClosure(test.cluster, [root])).toEqual(closure);
    const lacking = { chunk: sender.idOf(Buffer.from('lacking')), length: 10 };
    const broken = await sendEntries(test, [
      { ...entries[0]!, content: content.with(4999, lacking) },
      entries[1]!,
    ]);
    await expect(test.vault.assertClosure(test.cluster, [root, broken])).rejects.toMatchObject({
      code: 'CLOSURE_BROKEN',
      message: expect.stringContaining(lacking.chunk.toString('hex')),
    });
  });

  it('that cannot be looked at is not broken: nodes need not send anew', async () => {
    let reachable = true;
    const test = await vaults.make({
      wrapStore: (inner) =>
        storeWith(inner, {
          read: async (...at) => (reachable ? inner.read(...at) : Promise.reject(new Error('no answer'))),
        }),
    });
    const root = await captureTestTree(test, await senderOf(test), FILES);
    await test.vault.closeOpenPacks(test.cluster);
    reachable = false;
    await expect(test.vault.assertClosure(test.cluster, [root])).rejects.toThrow('no answer');
    reachable = true;
    expect(await test.vault.assertClosure(test.cluster, [root])).toMatchObject({ chunks: 2 });
  });
});
