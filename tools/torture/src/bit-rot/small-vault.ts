import type { SetDocument } from '@lifeboat/model';
import { seededBytes } from '@lifeboat/testkit';
import {
  captureTestTree,
  setDocument,
  TestSender,
  TestVaults,
  type TestVault,
} from '@lifeboat/vault/testing';
import type { KnownSet } from '../sets/known-set.ts';
import { RottingStore } from '../stores/rotting-store.ts';

export interface SmallVault extends AsyncDisposable {
  readonly test: TestVault;
  readonly store: RottingStore;
  readonly sets: readonly (KnownSet & { readonly document: SetDocument })[];
}

const SHARED = { 'shared/by both': seededBytes('shared', 700) };
const TREES = [
  { ...SHARED, 'a.txt': Buffer.from('first'), 'b/compressible': Buffer.alloc(3000, 'lifeboat ') },
  { ...SHARED, 'c.bin': seededBytes('c', 1500), empty: Buffer.alloc(0) },
  { ...SHARED, 'd.txt': Buffer.from('last') },
];

/** Three sets in three packs, all of them with one file of the first pack; two versions of a control record. */
export async function smallVault(): Promise<SmallVault> {
  const vaults = await TestVaults.start();
  let store: RottingStore | undefined;
  const test = await vaults.make({ wrapStore: (sound) => (store = new RottingStore(sound)) });
  await test.addCluster();
  const sets: SmallVault['sets'][number][] = [];
  let previous: string | null = null;
  for (const [index, files] of TREES.entries()) {
    const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
    const root = await captureTestTree(
      test,
      sender,
      files,
      index === 0 ? {} : { leaveOut: Object.keys(SHARED)[0]! },
    );
    await test.vault.closeOpenPacks(test.cluster);
    const document = setDocument(test, index + 1, previous, root);
    const { name, hash }: { name: string; hash: string } = await test.vault.putSetDocument(document);
    previous = hash;
    sets.push({ name, files, document });
  }
  return { test, store: store!, sets, [Symbol.asyncDispose]: async () => vaults.stop() };
}
