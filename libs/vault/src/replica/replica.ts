import { isBreach, LifeboatError, messageOf, type PackName } from '@lifeboat/kernel';
import { CONTROL, packBlob, VAULT_RECORD } from '../layout.ts';
import { namesOfSets } from '../maintenance/names-of-sets.ts';
import type { VaultParts } from '../parts.ts';
import { readControl } from '../records/control-records.ts';
import { readSetDocument } from '../records/set-documents.ts';
import { readVaultRecord } from '../records/vault-record.ts';
import { bytesOf, copyVerified, wholePack } from './copy-verified.ts';
import type { ReplicaTarget } from './replica-target.ts';

const PAGE = 500;

/** One look at what the replica lacks, and what came of it. */
export interface ReplicaPass {
  readonly blobs: number;
  readonly bytes: number;
  /** Why something could not be copied, in words; while there are any, no set document is. */
  readonly problems: readonly string[];
}

export interface ReplicaLag {
  readonly packs: number;
  readonly bytes: number;
  /** Set documents. */
  readonly sets: number;
}

/**
 * Fills a second store with the vault, in the order in which the vault was written: packs, control records, set
 * documents. So it is a vault at any moment, and every set in it has all that it names. One blob is in memory at a time.
 */
export class Replica {
  readonly #parts: VaultParts;
  readonly #target: ReplicaTarget;

  constructor(parts: VaultParts, target: ReplicaTarget) {
    this.#parts = parts;
    this.#target = target;
  }

  /** Goes on where the last one was ended. CONFLICT when another vault lies there; what the stores throw. */
  async pass(signal: AbortSignal): Promise<ReplicaPass> {
    const copying = new Copying(this.#parts, this.#target, signal);
    await this.#claim(copying);
    // Named first: the packs of what is sealed later are not looked for below.
    const documents = [...(await namesOfSets(this.#parts))].sort();
    const records: string[] = [];
    for await (const { name } of this.#parts.store.list(CONTROL)) records.push(name);
    await this.#copyPacks(copying);
    await copying.all(records, async (name) => readControl(this.#parts, name));
    if (copying.problems.length === 0)
      await copying.all(documents, async (name) => readSetDocument(this.#parts, name));
    return copying;
  }

  async lag(): Promise<ReplicaLag> {
    const { catalog } = this.#parts;
    const documents = await catalog.sets.documentNames();
    const sets = await catalog.replicas.lacking(this.#target.location, documents);
    return { ...(await catalog.replicas.lag(this.#target.location)), sets: sets.length };
  }

  /** Id of the newest set that it holds, and with it all that the set names; undefined while it holds none. */
  async lastSet(): Promise<string | undefined> {
    const { catalog } = this.#parts;
    const sets = (await catalog.sets.list()).filter(({ documentName }) => documentName !== null);
    const names = sets.map(({ documentName }) => documentName!);
    const lacking = new Set(await catalog.replicas.lacking(this.#target.location, names));
    return sets.find(({ documentName }) => !lacking.has(documentName!))?.id;
  }

  async #claim(copying: Copying): Promise<void> {
    const { store } = this.#target;
    if ((await store.size(VAULT_RECORD)) === undefined)
      return copying.all([VAULT_RECORD], async () => readVaultRecord(this.#parts.store, this.#parts.keyRing));
    if ((await readVaultRecord(store, this.#parts.keyRing)) === this.#parts.id) return undefined;
    throw new LifeboatError('CONFLICT', `another vault lies at ${this.#target.location}`, {
      guidance: 'Name a place of its own for the replica: LIFEBOAT_REPLICA of the server.',
    });
  }

  async #copyPacks(copying: Copying): Promise<void> {
    const { replicas } = this.#parts.catalog;
    for (let after = 0n; ;) {
      const page = await replicas.packsBehind(this.#target.location, after, PAGE);
      for (const { id, name } of page) {
        after = id;
        await copying.pack(name);
      }
      if (page.length < PAGE) return;
    }
  }
}

/** The work of one pass. */
class Copying implements ReplicaPass {
  blobs = 0;
  bytes = 0;
  readonly problems: string[] = [];
  readonly #parts: VaultParts;
  readonly #target: ReplicaTarget;
  readonly #signal: AbortSignal;
  readonly #enter: () => Promise<void>;

  constructor(parts: VaultParts, target: ReplicaTarget, signal: AbortSignal) {
    this.#parts = parts;
    this.#target = target;
    this.#signal = signal;
    this.#enter = parts.proofGate.entrance();
  }

  /** Of these blobs what is lacking; `verify` throws for one that must not be passed on. */
  async all(names: readonly string[], verify: (name: string) => Promise<unknown>): Promise<void> {
    const { store, catalog } = this.#parts;
    for (const name of await catalog.replicas.lacking(this.#target.location, names)) {
      await this.#copy(name, async () => {
        await verify(name);
        return bytesOf(store, name);
      });
    }
  }

  async pack(name: PackName): Promise<void> {
    const { store, catalog } = this.#parts;
    const blob = packBlob(name);
    // Its name says whether what lies there is right: then the vault need not be read.
    if ((await this.#target.store.size(blob)) !== undefined && (await wholePack(this.#target.store, name)))
      return this.#mark(blob, 0);
    return this.#copy(blob, async () => {
      const bytes = await wholePack(store, name);
      // One that a prune has deleted meanwhile has no row any more.
      if (bytes === undefined && (await catalog.packs.byName(name)) !== undefined)
        throw new LifeboatError('FORMAT_DAMAGED', 'the vault does not have it whole: lifeboat vault repair');
      return bytes;
    });
  }

  /** Damage is not passed on; what was deleted since it was named is no problem. */
  async #copy(blob: string, read: () => Promise<Buffer | undefined>): Promise<void> {
    this.#signal.throwIfAborted();
    await this.#enter();
    try {
      const bytes = await read();
      if (bytes === undefined) return;
      await this.#mark(blob, await copyVerified(this.#target.store, blob, bytes));
    } catch (thrown) {
      if (!isBreach(thrown)) throw thrown;
      this.problems.push(`${blob}: ${messageOf(thrown)}`);
    }
  }

  async #mark(blob: string, bytes: number): Promise<void> {
    await this.#parts.catalog.replicas.verified(this.#target.location, blob, this.#parts.clock.now());
    this.blobs += 1;
    this.bytes += bytes;
  }
}
