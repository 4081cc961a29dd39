import { join } from 'node:path';
import { FileSystemBlobStore } from '@lifeboat/blob-store';
import type { Catalog } from '@lifeboat/catalog';
import type { KeyRing } from '@lifeboat/identity';
import { silentLog, type ClusterId, type NodeId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import { seededBytes, seededRandom, type SeededRandom } from '@lifeboat/testkit';
import { ProofGate, Vault, type ReplicaTarget } from '@lifeboat/vault';
import { captureTestTree, setDocument, TestSender, type TestVault } from '@lifeboat/vault/testing';
import { systemClock } from '@lifeboat/runtime';
import { deletionOf, prune } from '../sets/delete-and-prune.ts';
import { namedIds } from '../sets/named-ids.ts';
import { damageAndRepair } from './damage-and-repair.ts';
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

/**
 * A server's life from its first start: sets are taken and deleted, packs closed, proved and pruned, packs are damaged and repaired,
 * first without a replica and then with one, it is started again, and then it is busy.
 */
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
  const taken: Taken[] = [];
  let replica: ReplicaTarget | undefined;
  for (let sequence = 1; sequence <= SETS; sequence += 1) {
    if (sequence === SETS) {
      recorder.note({ kind: 'promise', promise: { kind: 'replica begun' } });
      replica = await replicaOf(base);
      await vault.close();
      vault = await openVault(base, recorded, keyRing, replica);
      await fillReplica(vault);
    }
    const test = { vault, cluster: CLUSTER, node: NODE, parts: { keyRing } } as TestVault;
    const sender = await TestSender.connect(vault.id, CLUSTER, keyRing);
    const life = { recorder, recorded, test, sender };
    taken.push(await takeSet(life, sequence, taken.at(-1), random));
    if (random.integer(2) === 0) await vault.prove();
    if (sequence > 1) {
      if (replica !== undefined && random.integer(2) === 0) await fillReplica(vault);
      const damaging = { recorder, recorded, vault, root: join(base, 'vault'), random };
      const broken = await damageAndRepair({ ...damaging, replica: replica?.store }, kept(taken));
      for (const each of broken)
        await (random.integer(2) === 0 ? sendAgain(life, each) : deleteSet(recorder, vault, each));
      await deleteAndPrune(recorder, vault, taken.at(-2)!, random);
    }
    // What begins now lies in an open pack when the server is started again, or when everything ends.
    await acknowledged(recorder, test, sender, seededBytes(random.next(), 100));
    if (random.integer(2) === 0) {
      await vault.close();
      vault = await openVault(base, recorded, keyRing, replica);
    }
  }
  await vault.close();
  return { events: recorder.events, base };
}

interface Taken {
  readonly document: SetDocument;
  readonly hash: string;
  readonly files: Readonly<Record<string, Buffer>>;
  isDeleted: boolean;
}

interface Life {
  readonly recorder: FileRecorder;
  readonly recorded: Catalog;
  readonly test: TestVault;
  readonly sender: TestSender;
}

async function takeSet(
  { recorder, recorded, test, sender }: Life,
  sequence: number,
  previous: Taken | undefined,
  random: SeededRandom,
): Promise<Taken> {
  const { vault } = test;
  const files = someFiles(random, sequence);
  await Promise.all(Object.values(files).map((raw) => acknowledged(recorder, test, sender, raw)));
  const root = await captureTestTree(test, sender, files);
  await vault.closeOpenPacks(CLUSTER);
  await vault.assertClosure(CLUSTER, [root]);
  const document = setDocument(test, sequence, previous?.hash ?? null, root);
  const names = await namedIds(files, sender);
  recorder.note({ kind: 'promise', promise: { kind: 'set begun', set: document.set, files, names } });
  const { name, hash } = await vault.putSetDocument(document);
  recorder.note({ kind: 'promise', promise: { kind: 'set committed', set: document.set } });
  await recorded.sets.adopt({ document, documentName: name, documentHash: hash });
  return { document, hash, files, isDeleted: false };
}

function kept(taken: readonly Taken[]): Taken[] {
  return taken.filter(({ isDeleted }) => !isDeleted);
}

/** As a node does that still holds the bytes: after that the set is whole. */
async function sendAgain({ recorder, test, sender }: Life, { document, files }: Taken): Promise<void> {
  await captureTestTree(test, sender, files);
  await test.vault.closeOpenPacks(CLUSTER);
  recorder.note({ kind: 'promise', promise: { kind: 'set whole again', set: document.set } });
}

async function deleteSet(recorder: FileRecorder, vault: Vault, set: Taken): Promise<void> {
  const { document, hash } = set;
  recorder.note({ kind: 'promise', promise: { kind: 'deletion begun', set: document.set } });
  await vault.deleteSet(deletionOf(document, hash));
  recorder.note({ kind: 'promise', promise: { kind: 'deletion ended', set: document.set } });
  set.isDeleted = true;
}

/** Two prunes: the first gives tombstones, the second deletes; now and then one more, which finds little to do. */
async function deleteAndPrune(
  recorder: FileRecorder,
  vault: Vault,
  set: Taken,
  random: SeededRandom,
): Promise<void> {
  if (!set.isDeleted) await deleteSet(recorder, vault, set);
  for (let runs = 2 + random.integer(2); runs > 0; runs -= 1) {
    recorder.note({ kind: 'promise', promise: { kind: 'prune begun' } });
    await prune(vault);
  }
}

export async function replicaOf(base: string): Promise<ReplicaTarget> {
  return { store: await FileSystemBlobStore.open(join(base, 'replica')), location: 'the replica' };
}

async function fillReplica(vault: Vault): Promise<void> {
  const { problems } = await vault.replica!.pass(new AbortController().signal);
  if (problems.length > 0) throw new Error(`the replica lacks ${problems.join('; ')}`);
}

export async function openVault(
  base: string,
  catalog: Catalog,
  keyRing: KeyRing,
  replica?: ReplicaTarget,
): Promise<Vault> {
  return Vault.open({
    store: await FileSystemBlobStore.open(join(base, 'vault')),
    workDir: join(base, 'work'),
    keyRing,
    catalog,
    clock: systemClock,
    log: silentLog,
    proofGate: new ProofGate(systemClock, async () => undefined),
    replica,
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
