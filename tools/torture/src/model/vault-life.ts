import { randomUUID } from 'node:crypto';
import { silentLog, systemCodeOf, type NodeId } from '@lifeboat/kernel';
import { seededBytes, type MovableClock, type SeededRandom } from '@lifeboat/testkit';
import { OfflineVault } from '@lifeboat/vault/offline';
import {
  TestSender,
  TestSets,
  type Faults,
  type RunningSet,
  type TestVault,
  type TestVaults,
} from '@lifeboat/vault/testing';
import { prune, pruneAll } from '../sets/delete-and-prune.ts';
import { restoreAtOnce } from '../sets/restore-at-once.ts';
import { restoreSet, WrongBytes } from '../sets/restore-set.ts';
import type { FullStore } from '../stores/full-store.ts';
import { beginRestore } from './begin-restore.ts';
import { killPruneSomewhere } from './kill-prune.ts';
import { LooseChunks } from './loose-chunks.ts';
import { assertOvertaken } from './overtake.ts';

type Files = Readonly<Record<string, Buffer>>;

/** What a life is made in. */
export interface Surroundings {
  readonly vaults: TestVaults;
  readonly test: TestVault;
  readonly store: FullStore;
  readonly faults: Faults;
  readonly clock: MovableClock;
  readonly random: SeededRandom;
}

/** Contents are drawn from so many: what one node sends another has sent before, now and then. */
const CONTENTS = 40;
const HOUR = 3_600_000;
const GRACES = [0, 0, 24 * HOUR];

/** One vault, several agents' connections to it, and what they know that it must hold: the oracle. */
export class VaultLife {
  readonly #vaults: TestVaults;
  readonly #test: TestVault;
  readonly #store: FullStore;
  readonly #faults: Faults;
  readonly #clock: MovableClock;
  readonly #random: SeededRandom;
  readonly #nodes = Array.from({ length: 3 }, () => randomUUID() as string as NodeId);
  readonly #loose = new LooseChunks();
  readonly #sets: TestSets;
  #running: RunningSet | undefined;
  #senders: TestSender[] = [];

  private constructor(surroundings: Surroundings, sets: TestSets) {
    this.#vaults = surroundings.vaults;
    this.#test = surroundings.test;
    this.#store = surroundings.store;
    this.#faults = surroundings.faults;
    this.#clock = surroundings.clock;
    this.#random = surroundings.random;
    this.#sets = sets;
  }

  static async begin(surroundings: Surroundings): Promise<VaultLife> {
    return new VaultLife(surroundings, await TestSets.of(surroundings.test));
  }

  /** What may happen, by name, as often as it is listed. */
  readonly actions: readonly [string, () => Promise<void>][] = [
    ['sends', () => this.#send()],
    ['sends', () => this.#send()],
    ['sends', () => this.#send()],
    ['sets', () => this.#takeSet()],
    ['sets', () => this.#takeSet()],
    ['captures', () => this.#capture()],
    ['captures', () => this.#capture()],
    ['sets sealed late', () => this.#seal()],
    ['sets failed', () => this.#fail()],
    ['sets deleted', () => this.#deleteSet()],
    ['sets deleted', () => this.#deleteSet()],
    ['prunes', () => this.#prune()],
    ['prunes', () => this.#prune()],
    ['prunes beside captures', () => this.#pruneBesideCaptures()],
    ['prunes beside restores', () => this.#pruneBesideRestore()],
    ['prunes killed', () => this.#killPrune()],
    ['replicas filled', () => this.#fillReplica()],
    ['clocks set', async () => this.#setClock()],
    ['packs closed', () => this.#closePacks()],
    ['proofs', () => this.#prove()],
    ['key rotations', () => this.#rotateKeys()],
    ['connections', () => this.#reconnect()],
    ['kills', () => this.#kill({})],
    ['catalogs lost', () => this.#loseCatalog()],
    ['servers overtaken', () => this.#overtake()],
    ['full disks', () => this.#fill()],
  ];

  /** Nothing acknowledged is lost, each set gives back its bytes, and what the vault says it has it has. */
  async verify(): Promise<void> {
    const { vault, cluster } = this.#test;
    await this.#loose.verify(vault, cluster);
    for (const { document, files } of this.#sets.kept)
      await restoreSet(vault, document, { name: document.set, files });
    await this.#verifyFindings(({ kind }) => kind === 'pack-unknown');
  }

  /** Whatever has happened, space comes back: two more sets are taken, and then nothing is left that none of them needs. */
  async end(): Promise<void> {
    const { vault } = this.#test;
    await this.#fail();
    for (let sets = 0; sets < 2; sets += 1) await this.#takeSet();
    await this.#closePacks();
    // A tombstone that a clock far ahead has set waits until that is overtaken.
    this.#clock.advance(30 * 24 * HOUR);
    this.#loose.pruneBegins();
    await pruneAll(vault);
    await this.verify();
    await this.#verifyFindings(() => false);
    const { chunks, bytes } = await prune(vault, { dryRun: true });
    if (chunks.tombstoned + chunks.missing + bytes.dead + bytes.waiting > 0)
      throw new Error(`prunes left ${JSON.stringify({ chunks, bytes })}`);
  }

  /** What a killed prune leaves of packs is known to nobody until a later one clears it away: `isExpected`. */
  async #verifyFindings(isExpected: (finding: { readonly kind: string }) => boolean): Promise<void> {
    const { findings } = await this.#test.vault.check({ readData: true });
    const unexpected = findings.filter((finding) => !isExpected(finding));
    if (unexpected.length > 0)
      throw new Error(unexpected.map(({ kind, message }) => `${kind}: ${message}`).join('; '));
  }

  /** Several messages at once, from several nodes. */
  async #send(): Promise<void> {
    const { vault, cluster } = this.#test;
    const ingest = await vault.ingest(cluster);
    const sender = await this.#sender();
    const sent = Array.from({ length: 1 + this.#random.integer(4) }, async () => {
      const raw = this.#content();
      const node = this.#random.pick(this.#nodes);
      const id = sender.idOf(raw);
      const [has = 0] = await ingest.have(node, id);
      if (has === 1) await this.#assertHeld(id, raw);
      else await ingest.append(node, sender.keys, sender.seal([raw]).frames);
      this.#loose.acknowledged(id, raw);
    });
    await this.#settled(sent);
  }

  async #takeSet(): Promise<void> {
    await this.#capture();
    await this.#seal();
  }

  /** Of the set that goes on, or of a new one: as often as one likes, the last capture counts. */
  async #capture(between?: () => Promise<void>): Promise<void> {
    this.#running ??= await this.#sets.begin();
    await this.#sets.capture(this.#running, this.#files(), between);
  }

  async #seal(): Promise<void> {
    if (this.#running?.root === undefined) return;
    await this.#closePacks();
    const [running, isPruned] = [this.#running, this.#random.integer(3) === 0];
    await this.#sets.seal(running, isPruned ? () => this.#pruneBeforeCommit() : undefined);
    this.#running = undefined;
  }

  /**
   * Its closure was found, its document not put: whatever is deleted now, the set will name. Nodes are told to send everything
   * anew meanwhile, so that no base speaks for it.
   */
  async #pruneBeforeCommit(): Promise<void> {
    await this.#test.catalog.chunks.dropBases(this.#test.cluster);
    for (let run = 0; run < 2; run += 1) await this.#prune();
  }

  async #fail(): Promise<void> {
    if (this.#running !== undefined) await this.#sets.fail(this.#running);
    this.#running = undefined;
  }

  async #deleteSet(): Promise<void> {
    if (this.#sets.kept.length > 0) await this.#sets.delete(this.#random.pick(this.#sets.kept));
  }

  async #prune(): Promise<void> {
    this.#loose.pruneBegins();
    const graceMillis = this.#random.pick(GRACES);
    const { chunks } = await prune(this.#test.vault, { graceMillis, onProgress: () => this.#jolt() });
    if (chunks.missing > 0) throw new Error(`a prune misses ${chunks.missing} chunks`);
  }

  /** Begun together: the prune may reach a chunk just before, while or just after the agent asks for it. */
  async #pruneBesideCaptures(): Promise<void> {
    await this.#settled([this.#prune(), this.#capture(), this.#send()]);
    await this.#capture(() => this.#prune());
  }

  /** The set stays; all others may go, and packs are written anew, while it is read again and again. */
  async #pruneBesideRestore(): Promise<void> {
    if (this.#sets.kept.length === 0) return;
    const { vault, catalog } = this.#test;
    const { document, files } = this.#random.pick(this.#sets.kept);
    const endRestore = this.#random.integer(2) === 0 ? await beginRestore(catalog, document) : undefined;
    const others = this.#sets.kept.filter((each) => each.document !== document);
    if (others.length > 0) await this.#sets.delete(this.#random.pick(others));
    let isPruning = true;
    const reading = async (): Promise<void> => {
      do await restoreAtOnce(vault, document, { name: document.set, files }, this.#random);
      while (isPruning);
    };
    const pruning = async (): Promise<void> => {
      for (let run = 0; run < 3; run += 1) await this.#prune();
    };
    await this.#settled([reading(), pruning().finally(() => void (isPruning = false))]);
    await endRestore?.();
  }

  async #killPrune(): Promise<void> {
    this.#loose.pruneBegins();
    killPruneSomewhere(this.#faults, this.#random);
    try {
      for (let run = 0; run < 2; run += 1) await prune(this.#test.vault);
    } catch (thrown) {
      if (!(thrown instanceof Error) || !thrown.message.includes('killed')) throw thrown;
    } finally {
      this.#faults.mend();
    }
    await this.#kill({});
  }

  /** Each set document in it has all that it names. */
  async #fillReplica(): Promise<void> {
    const { problems } = await this.#test.vault.replica!.pass(new AbortController().signal);
    if (problems.length > 0) throw new Error(`the replica lacks ${problems.join('; ')}`);
    const { replica, keyRing } = this.#test.parts;
    const offline = await OfflineVault.open(replica!.store, keyRing, silentLog);
    const { findings } = await offline.check({ readData: true });
    if (findings.length > 0) throw new Error(`the replica: ${findings[0]!.message}`);
  }

  /** By up to three days, forward or back. */
  #setClock(): void {
    const hours = this.#random.integer(6 * 24 + 1) - 3 * 24;
    this.#clock.setWall(new Date(this.#clock.now().getTime() + hours * HOUR));
  }

  /** Now and then somebody sets the clock while a prune runs. */
  #jolt(): void {
    if (this.#random.integer(20) === 0) this.#setClock();
  }

  async #closePacks(): Promise<void> {
    await this.#test.vault.closeOpenPacks(this.#test.cluster);
  }

  async #prove(): Promise<void> {
    const { findings } = await this.#test.vault.prove();
    if (findings.length > 0) throw new Error(`a proof finds ${findings[0]!.message}`);
  }

  /** Connections go on under the epoch in which they began. */
  async #rotateKeys(): Promise<void> {
    await this.#test.vault.rotateKeys(this.#test.parts.keyFile);
  }

  async #reconnect(): Promise<void> {
    this.#senders = [];
    await this.#sets.agent.reconnect();
  }

  /** The set that is being taken fails with its server. */
  async #kill(change: { url?: string }): Promise<void> {
    await this.#test.abandonAndReopen(change);
    if (change.url === undefined) await this.#fail();
    this.#running = undefined;
    await this.#reconnect();
  }

  async #loseCatalog(): Promise<void> {
    await this.#kill({ url: await this.#vaults.database() });
    const { sets } = await this.#test.vault.reindex();
    if (sets !== this.#sets.kept.length)
      throw new Error(`${sets} sets after a reindex instead of ${this.#sets.kept.length}`);
  }

  /** Another server takes the vault over. The one before does not know it yet, and goes on with what it was doing. */
  async #overtake(): Promise<void> {
    await this.#capture();
    const running = this.#running!;
    await this.#closePacks();
    await this.#fail();
    await assertOvertaken(this.#test, running);
    await this.#reconnect();
  }

  /** Whatever is tried on a full disk fails with VAULT_FULL, or succeeds; then there is room again. */
  async #fill(): Promise<void> {
    this.#store.isFull = true;
    try {
      await this.#random.pick([() => this.#takeSet(), () => this.#send(), () => this.#prune()])();
      await this.#test.vault.closeOpenPacks(this.#test.cluster);
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'VAULT_FULL') throw thrown;
    } finally {
      this.#store.isFull = false;
    }
  }

  async #assertHeld(id: Buffer, raw: Buffer): Promise<void> {
    if (!(await this.#test.vault.readChunk(this.#test.cluster, id)).equals(raw))
      throw new WrongBytes('the vault has a chunk with other bytes');
  }

  async #sender(): Promise<TestSender> {
    const { vault, cluster, parts } = this.#test;
    if (this.#senders.length < 2)
      this.#senders.push(await TestSender.connect(vault.id, cluster, parts.keyRing));
    return this.#random.pick(this.#senders);
  }

  #files(): Files {
    const count = this.#random.integer(5);
    return Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`directory/${index}`, this.#content()]),
    );
  }

  #content(): Buffer {
    const seed = this.#random.integer(CONTENTS);
    return seed === 0 ? Buffer.alloc(20_000, 'compressible ') : seededBytes(seed, seed * 97);
  }

  /** The first failure, once all have ended: nothing goes on in the background. */
  async #settled(doing: readonly Promise<void>[]): Promise<void> {
    for (const each of await Promise.allSettled(doing)) if (each.status === 'rejected') throw each.reason;
  }
}
