import type { FramePlaces, PackRow } from '@lifeboat/catalog';
import {
  invariant,
  messageOf,
  uuidFromBytes,
  type ClusterId,
  type NodeId,
  type PackName,
} from '@lifeboat/kernel';
import { packBlob } from '../../layout.ts';
import { closedPackBytes } from '../../pack/pack-bytes.ts';
import { packRows } from '../../pack/pack-rows.ts';
import type { VaultParts } from '../../parts.ts';
import { adoptPack, recordsOf } from '../reindex.ts';
import type { VaultHelp } from '../vault-help.ts';
import type { ExaminedPack } from './examine-pack.ts';
import type { KeySearch } from './key-search.ts';
import { wholePack } from '../../replica/copy-verified.ts';
import { placesOfTable } from '../stray-rows.ts';
import { setAside } from './mend-records.ts';
import { copyToQuarantine } from './quarantine.ts';
import type { RepairOutcome } from './repair-report.ts';
import { salvageFrames } from './salvage-frames.ts';
import type { Stranger } from './strangers.ts';

/** Copies are closed and proved, and their originals go aside, at this many bytes of packs. */
const SALVAGED_AT_ONCE = 128 * 1024 * 1024;

const NOTHING: FramePlaces = { offsets: [], ids: Buffer.alloc(0) };

interface Salvage {
  readonly name: PackName;
  /** Undefined of one in which nothing says it; then nothing of it is good. */
  readonly cluster: ClusterId | undefined;
  /** Undefined of one that the catalog does not know. */
  readonly pack: bigint | undefined;
  readonly good: FramePlaces;
}

/**
 * Does what was judged (ORDERING.md, "A repair"). Killed anywhere, the next repair finds the rest still to be done.
 */
export class PackMender {
  readonly #parts: VaultParts;
  readonly #help: VaultHelp;
  readonly #search: KeySearch;
  /** Nobody's: the copies get rows of their own. */
  readonly #sender: NodeId;
  /** Names of blobs that were put there. */
  readonly quarantined: string[] = [];
  #waiting: Salvage[] = [];
  #waitingBytes = 0;

  constructor(parts: VaultParts, help: VaultHelp, search: KeySearch) {
    this.#parts = parts;
    this.#help = help;
    this.#search = search;
    this.#sender = uuidFromBytes(parts.random(16)) as string as NodeId;
  }

  /** First of all: from now on nobody is told that what cannot be read is there. */
  async mark({ pack, lost }: ExaminedPack): Promise<void> {
    await this.#parts.catalog.packs.unprove(pack.id);
    await this.#parts.catalog.chunks.poison(pack.id, lost);
    this.#help.forgetClosures();
  }

  async mend({ name, pack, remedy, good }: ExaminedPack): Promise<void> {
    const { packs } = this.#parts.catalog;
    switch (remedy) {
      case 'heal':
        return packs.heal(pack.id, this.#parts.clock.now());
      case 'rows':
        return this.#writeRows(name, pack);
      case 'replace':
        return this.#replace(name, pack);
      case 'forget':
        return packs.remove(pack.id);
      case 'salvage':
        return this.#salvage({ name, pack: pack.id, cluster: pack.cluster, good }, pack.bytes ?? 0);
      case 'leave':
        return undefined;
    }
  }

  async mendStranger({ name, cluster, bytes, verdict }: Stranger, outcome: RepairOutcome): Promise<void> {
    if (outcome === 'adopted') return this.#adopt(name, bytes);
    if (outcome === 'left') return undefined;
    // All of it: what a manifest names that cannot be read yet, nobody knows to be wanted.
    const good = outcome === 'salvaged' ? verdict.good : NOTHING;
    return this.#salvage({ name, cluster, pack: undefined, good }, bytes);
  }

  /** Of frames of a whole pack whose chunks lie nowhere else. */
  async writeLackingRows(name: PackName, { id, cluster }: PackRow): Promise<void> {
    const records = recordsOf(
      await packRows(this.#parts, cluster, closedPackBytes(this.#parts.store, name)),
      id,
    );
    const located = await this.#parts.locate(cluster, Buffer.concat(records.map((record) => record.id)));
    const lacking = records.filter((_, index) => located[index] === undefined);
    await this.#parts.catalog.chunks.insert(cluster, null, lacking);
    this.#help.forgetClosures();
  }

  /** The pack is whole: its rows and its length are written as it says, then it counts. */
  async #writeRows(name: PackName, pack: PackRow): Promise<void> {
    const { catalog, store, clock } = this.#parts;
    const whole = closedPackBytes(store, name);
    const rows = await packRows(this.#parts, pack.cluster, whole);
    await catalog.chunks.forgetStrays(pack.id, placesOfTable(rows));
    await this.writeLackingRows(name, pack);
    await catalog.packs.adopt({ cluster: pack.cluster, name, bytes: await whole.size() });
    await catalog.packs.heal(pack.id, clock.now());
  }

  /** The whole pack comes from the replica, under its name; what is there goes aside. */
  async #replace(name: PackName, pack: PackRow): Promise<void> {
    const { store, replica } = this.#parts;
    const bytes = replica && (await wholePack(replica.store, name));
    invariant(bytes !== undefined, 'a replica had the pack a moment ago');
    await setAside(this.#parts, packBlob(name), this.quarantined);
    await store.put(packBlob(name), bytes);
    await this.#writeRows(name, pack);
  }

  /** A whole pack of the replica's that the catalog does not know; what lies under its name goes aside. */
  async fetch(name: PackName, bytes: Buffer): Promise<void> {
    await setAside(this.#parts, packBlob(name), this.quarantined);
    await this.#parts.store.put(packBlob(name), bytes);
    await this.#adopt(name, bytes.length);
  }

  /** A whole pack that the catalog does not know. */
  async #adopt(name: PackName, bytes: number): Promise<void> {
    const { catalog, clock } = this.#parts;
    await adoptPack(this.#parts, name, bytes);
    const row = await catalog.packs.byName(name);
    invariant(row !== undefined, 'no prune goes on beside a repair');
    await catalog.packs.heal(row.id, clock.now());
    this.#help.forgetClosures();
  }

  /** Copies what is good of it; it goes aside with the next `settle`. */
  async #salvage(from: Salvage, bytes: number): Promise<void> {
    const { cluster, name, good } = from;
    const offsets = await this.#uncovered(from);
    if (cluster !== undefined && offsets.length > 0) {
      const ingest = await this.#help.ingest(cluster);
      await salvageFrames(this.#parts, this.#search, ingest, this.#sender, { cluster, name, offsets });
    }
    this.#waiting.push(from);
    this.#waitingBytes += good.offsets.length === 0 ? 0 : bytes;
    if (this.#waitingBytes >= SALVAGED_AT_ONCE) await this.settle();
  }

  /** A pack goes aside when each good frame of it was read back from another one. */
  async settle(): Promise<void> {
    const waiting = this.#waiting;
    [this.#waiting, this.#waitingBytes] = [[], 0];
    if (waiting.length === 0) return;
    for (const cluster of new Set(waiting.map((each) => each.cluster)))
      if (cluster !== undefined) await this.#help.closeOpenPacks(cluster);
    await this.#help.prove();
    for (const each of waiting) await this.#moveAside(each);
  }

  /** Copy, row, blob: in this order, so that a row without a blob is never left, nor a damaged blob nowhere. */
  async #moveAside(from: Salvage): Promise<void> {
    const { catalog, store, log } = this.#parts;
    const { name, pack } = from;
    const rest = await this.#uncovered(from);
    if (rest.length > 0) {
      log.error({ pack: name, frames: rest.length }, 'salvaged frames are not proved; the pack stays');
      return;
    }
    this.quarantined.push(await copyToQuarantine(this.#parts, packBlob(name)));
    if (pack !== undefined) await catalog.packs.remove(pack);
    this.#help.forgetClosures();
    // Only in the way: nothing tells of it any more, and its copy is safe.
    await store.delete(packBlob(name)).catch((thrown: unknown) => {
      log.warn({ pack: name, reason: messageOf(thrown) }, 'a damaged pack could not be deleted');
    });
  }

  /** Good frames of it of which no other pack holds a proved copy. */
  async #uncovered({ cluster, pack, good: { offsets, ids } }: Salvage): Promise<number[]> {
    if (cluster === undefined) return [];
    const { chunks } = this.#parts.catalog;
    const covered = new Set(
      await chunks.coveredElsewhere(cluster, pack === undefined ? [] : [pack], Buffer.from(ids)),
    );
    return offsets.filter((_, index) => !covered.has(index));
  }
}
