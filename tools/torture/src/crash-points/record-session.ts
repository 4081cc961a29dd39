import { join } from 'node:path';
import { FileSystemBlobStore } from '@lifeboat/blob-store';
import type { Catalog } from '@lifeboat/catalog';
import type { KeyRing } from '@lifeboat/identity';
import { silentLog, type ClusterId, type NodeId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import { seededBytes, seededRandom, type SeededRandom } from '@lifeboat/testkit';
import { ProofGate, Vault } from '@lifeboat/vault';
import { captureTestTree, setDocument, TestSender, type TestVault } from '@lifeboat/vault/testing';
import { systemClock } from '@lifeboat/runtime';
import { FileRecorder } from './file-recorder.ts';
import { recordedCatalog } from './recorded-catalog.ts';
import type { TraceEvent } from './trace.ts';

export const CLUSTER = '33333333-3333-4333-8333-333333333333' as ClusterId;
const NODE = '44444444-4444-4444-8444-444444444444' as NodeId;
const SETS = 3;
const DEFINITION = { cluster: 'portal', nodes: { 'node-1': {} }, sources: [] };

export interface Recording {
  readonly events: readonly TraceEvent[];
  /** Below it `work` and `vault`. */
  readonly base: string;
}

/** A server's life from its first start: sets are taken, packs closed and proved, it is started again, and then it is busy. */
export async function recordSession(
  base: string,
  catalog: Catalog,
  keyRing: KeyRing,
  seed: string,
): Promise<Recording> {
  using recorder = new FileRecorder(base);
  const recorded = recordedCatalog(catalog, recorder);
  const random = seededRandom(`${seed}/session`);
  let vault = await openVault(base, recorded, keyRing);
  await recorded.clusters.apply(CLUSTER, DEFINITION);
  await vault.putControl(`clusters/${CLUSTER}`, { id: CLUSTER, definition: DEFINITION });
  let previous: string | null = null;
  for (let sequence = 1; sequence <= SETS; sequence += 1) {
    const test = { vault, cluster: CLUSTER, node: NODE } as TestVault;
    const sender = await TestSender.connect(vault.id, CLUSTER, keyRing);
    const files = someFiles(random, sequence);
    await Promise.all(Object.values(files).map((raw) => acknowledged(recorder, test, sender, raw)));
    const root = await captureTestTree(test, sender, files);
    await vault.closeOpenPacks(CLUSTER);
    const document: SetDocument = setDocument(test, sequence, previous, root);
    recorder.note({ kind: 'promise', promise: { kind: 'set begun', set: document.set, files } });
    const { name, hash }: { name: string; hash: string } = await vault.putSetDocument(document);
    recorder.note({ kind: 'promise', promise: { kind: 'set committed', set: document.set } });
    await recorded.sets.adopt({ document, documentName: name, documentHash: hash });
    previous = hash;
    if (random.integer(2) === 0) await vault.prove();
    // What begins now lies in an open pack when the server is started again, or when everything ends.
    await acknowledged(recorder, test, sender, seededBytes(random.next(), 100));
    if (random.integer(2) === 0) {
      await vault.close();
      vault = await openVault(base, recorded, keyRing);
    }
  }
  await vault.close();
  return { events: recorder.events, base };
}

export async function openVault(base: string, catalog: Catalog, keyRing: KeyRing): Promise<Vault> {
  return Vault.open({
    store: await FileSystemBlobStore.open(join(base, 'vault')),
    workDir: join(base, 'work'),
    keyRing,
    catalog,
    clock: systemClock,
    log: silentLog,
    proofGate: new ProofGate(systemClock, async () => undefined),
  });
}

async function acknowledged(
  recorder: FileRecorder,
  { vault }: TestVault,
  sender: TestSender,
  raw: Buffer,
): Promise<void> {
  const { ids, frames } = sender.seal([raw]);
  await (await vault.ingest(CLUSTER)).append(NODE, sender.keys, frames);
  recorder.note({ kind: 'promise', promise: { kind: 'acknowledged', id: ids, raw } });
}

function someFiles(random: SeededRandom, sequence: number): Record<string, Buffer> {
  const count = 1 + random.integer(4);
  const own = Array.from({ length: count }, (_, index): [string, Buffer] => [
    `${sequence}/${index}`,
    seededBytes(random.next(), 1 + random.integer(3000)),
  ]);
  return { 'by all': Buffer.from('the same in each'), ...Object.fromEntries(own) };
}
