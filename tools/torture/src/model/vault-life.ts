import { randomUUID } from 'node:crypto';
import { systemCodeOf, type NodeId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import { seededBytes, type SeededRandom } from '@lifeboat/testkit';
import {
  captureTestTree,
  setDocument,
  TestSender,
  type TestVault,
  type TestVaults,
} from '@lifeboat/vault/testing';
import { restoreSet, WrongBytes } from '../sets/restore-set.ts';
import type { FullStore } from '../stores/full-store.ts';

interface TakenSet {
  readonly name: string;
  readonly hash: string;
  readonly document: SetDocument;
  readonly files: Readonly<Record<string, Buffer>>;
}

/** Contents are drawn from so many: what one node sends another has sent before, now and then. */
const CONTENTS = 40;

/** One vault, several agents' connections to it, and what they know that it must hold: the oracle. */
export class VaultLife {
  readonly #vaults: TestVaults;
  readonly #test: TestVault;
  readonly #store: FullStore;
  readonly #random: SeededRandom;
  readonly #nodes = Array.from({ length: 3 }, () => randomUUID() as string as NodeId);
  readonly #acknowledged = new Map<string, Buffer>();
  readonly #sets: TakenSet[] = [];
  #senders: TestSender[] = [];

  constructor(vaults: TestVaults, test: TestVault, store: FullStore, random: SeededRandom) {
    this.#vaults = vaults;
    this.#test = test;
    this.#store = store;
    this.#random = random;
  }

  /** What may happen, by name, as often as it is listed. */
  readonly actions: readonly [string, () => Promise<void>][] = [
    ['sends', () => this.#send()],
    ['sends', () => this.#send()],
    ['sends', () => this.#send()],
    ['sets', () => this.#takeSet()],
    ['sets', () => this.#takeSet()],
    ['packs closed', () => this.#closePacks()],
    ['proofs', () => this.#prove()],
    ['connections', async () => void (this.#senders = [])],
    ['kills', () => this.#kill({})],
    ['catalogs lost', () => this.#loseCatalog()],
    ['full disks', () => this.#fill()],
  ];

  /** Nothing acknowledged is lost, each set gives back its bytes, and what the vault says it has it has. */
  async verify(): Promise<void> {
    const { vault, cluster } = this.#test;
    for (const [id, raw] of this.#acknowledged) {
      if (!(await vault.readChunk(cluster, Buffer.from(id, 'hex'))).equals(raw))
        throw new WrongBytes(`chunk ${id}`);
    }
    for (const set of this.#sets) await restoreSet(vault, await vault.getSetDocument(set.name), set);
    const { findings } = await vault.check({ readData: true });
    if (findings.length > 0)
      throw new Error(findings.map(({ kind, message }) => `${kind}: ${message}`).join('; '));
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
      this.#acknowledged.set(id.toString('hex'), raw);
    });
    await this.#settled(sent);
  }

  async #takeSet(): Promise<void> {
    const count = this.#random.integer(5);
    const files = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`directory/${index}`, this.#content()]),
    );
    const previous = this.#sets.at(-1);
    const root = await captureTestTree(this.#test, await this.#sender(), files);
    await this.#test.vault.closeOpenPacks(this.#test.cluster);
    await this.#test.vault.assertClosure(this.#test.cluster, [root]);
    const document = setDocument(this.#test, this.#sets.length + 1, previous?.hash ?? null, root);
    const stored = await this.#test.vault.putSetDocument(document);
    this.#sets.push({ ...stored, document, files });
  }

  /** An ingest that failed says so until the next one is asked for. */
  async #closePacks(): Promise<void> {
    await this.#test.vault.ingest(this.#test.cluster);
    await this.#test.vault.closeOpenPacks(this.#test.cluster);
  }

  async #prove(): Promise<void> {
    const { findings } = await this.#test.vault.prove();
    if (findings.length > 0) throw new Error(`a proof finds ${findings[0]!.message}`);
  }

  async #kill(change: { url?: string }): Promise<void> {
    await this.#test.abandonAndReopen(change);
    this.#senders = [];
  }

  async #loseCatalog(): Promise<void> {
    await this.#kill({ url: await this.#vaults.database() });
    const { sets } = await this.#test.vault.reindex();
    if (sets !== this.#sets.length)
      throw new Error(`${sets} sets after a reindex instead of ${this.#sets.length}`);
  }

  /** Whatever is tried on a full disk fails with VAULT_FULL, or succeeds; then there is room again. */
  async #fill(): Promise<void> {
    this.#store.isFull = true;
    try {
      await this.#random.pick([() => this.#takeSet(), () => this.#send()])();
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

  #content(): Buffer {
    const seed = this.#random.integer(CONTENTS);
    return seed === 0 ? Buffer.alloc(20_000, 'compressible ') : seededBytes(seed, seed * 97);
  }

  /** The first failure, once all have ended: nothing goes on in the background. */
  async #settled(doing: readonly Promise<void>[]): Promise<void> {
    for (const each of await Promise.allSettled(doing)) if (each.status === 'rejected') throw each.reason;
  }
}
