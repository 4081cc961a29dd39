import type { ClusterId } from '@lifeboat/kernel';
import { clusterOfSetBlob, sequenceOfSetBlob, setOfSetBlob } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';
import { assertOwner } from '../../records/owner.ts';
import { closedPacks } from '../check-packs.ts';
import type { Finding } from '../finding.ts';
import { LostChunks } from '../lost-chunks.ts';
import type { VaultHelp } from '../vault-help.ts';
import { assertVaultIsThere } from './assert-vault-is-there.ts';
import { findBrokenSets, judgeMendable, judgeMended, type BrokenSet } from './broken-sets.ts';
import { examinePack, type ExaminedPack } from './examine-pack.ts';
import { findRows } from './find-rows.ts';
import { hexIds } from './hex-ids.ts';
import { isHarmed } from './judge-damage.ts';
import { judgeStranger } from './judge-stranger.ts';
import { KeySearch } from './key-search.ts';
import { PackMender } from './mend-packs.ts';
import { mendRecords } from './mend-records.ts';
import { mendSetDocuments } from './mend-set-documents.ts';
import { packItem, strangerItem } from './pack-item.ts';
import { packsOfReplica } from './packs-of-replica.ts';
import type { HitSet, RepairOptions, RepairPhase, RepairReport } from './repair-report.ts';
import { strangers } from './strangers.ts';

/**
 * One run of repair (ORDERING.md): finds what is damaged, says which sets and files that hits, and mends what can be
 * mended without destroying anything. Sets, restores and proofs go on meanwhile. Killed anywhere, the next run goes on.
 */
export class Repair {
  readonly #parts: VaultParts;
  readonly #options: RepairOptions;
  readonly #search: KeySearch;
  readonly #mender: PackMender;
  readonly #report: RepairReport;
  /** Hex ids of what is intact somewhere although the catalog, at the begin of the run, does not say so. */
  readonly #recovered = new Set<string>();

  /** Numbers of the packs that are not, or not certainly, what the catalog says. */
  #suspect: readonly bigint[] = [];

  private constructor(parts: VaultParts, help: VaultHelp, options: RepairOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#search = new KeySearch(parts);
    this.#mender = new PackMender(parts, help, this.#search);
    this.#report = emptyReport(options.dryRun, this.#mender.quarantined);
  }

  /** CONFLICT while a prune, a reindex or another repair goes on, and when most packs are gone. */
  static async run(parts: VaultParts, help: VaultHelp, options: RepairOptions): Promise<RepairReport> {
    return parts.catalog.prunes.alone(async () => {
      await assertOwner(parts.store, parts.instance);
      const repair = new Repair(parts, help, options);
      await repair.#run();
      return repair.#report;
    });
  }

  async #run(): Promise<void> {
    const damaged = await this.#examine();
    await this.#mendRecords();
    const lost = new LostChunks();
    for (const each of damaged) lost.add(each.lost);
    const broken = await findBrokenSets(this.#parts, lost, (done, total) =>
      this.#progress('sets', done, total),
    );
    await this.#mendPacks(damaged);
    await this.#mendBroken(broken);
    await this.#tellOfPacks(damaged);
    await this.#tellOfSets(broken);
  }

  async #examine(): Promise<ExaminedPack[]> {
    const { packs } = this.#report;
    const { closed } = await this.#parts.catalog.packs.totals();
    const examined: ExaminedPack[] = [];
    for await (const { name, pack } of closedPacks(this.#parts)) {
      this.#progress('packs', packs.seen, Math.max(closed, packs.seen));
      packs.seen += 1;
      const each = await examinePack(this.#parts, this.#search, name, pack, this.#options.readData);
      if (each !== undefined) examined.push(each);
    }
    this.#suspect = examined.map(({ pack }) => pack.id);
    packs.damaged = examined.filter(isHarmed).length;
    const missing = examined.filter(({ remedy }) => remedy === 'forget').length;
    const { dryRun, allowLarge } = this.#options;
    if (!dryRun && !allowLarge) assertVaultIsThere({ seen: packs.seen, missing });
    return examined;
  }

  /** Before sets are read: one whose document came back is looked at as the others are. */
  async #mendRecords(): Promise<void> {
    this.#progress('records', 0, null);
    const { items, quarantined } = this.#report;
    const mending = { dryRun: this.#options.dryRun, quarantined };
    items.push(...(await mendRecords(this.#parts, mending)));
    const documents = await mendSetDocuments(this.#parts, mending);
    items.push(...documents);
    for (const { subject, outcome } of documents) {
      const mended = this.#options.dryRun ? 'mendable' : 'mended';
      this.#report.sets.push(await this.#setOfDocument(subject, outcome === 'left' ? 'hit' : mended));
    }
  }

  async #setOfDocument(name: string, state: HitSet['state']): Promise<HitSet> {
    const cluster = clusterOfSetBlob(name) as ClusterId;
    const row = await this.#parts.catalog.clusters.byId(cluster);
    // Under another name no document is looked for.
    const [set, sequence] = [setOfSetBlob(name)!, sequenceOfSetBlob(name)!];
    return { set, cluster: row?.name ?? cluster, sequence, state, trees: [] };
  }

  async #mendPacks(examined: readonly ExaminedPack[]): Promise<void> {
    for (const { remedy, good, lost } of examined) {
      if (remedy !== 'leave') for (const id of hexIds(good.ids)) this.#recovered.add(id);
      if (remedy === 'replace') for (const { id } of lost) this.#recovered.add(id.toString('hex'));
    }
    if (this.#options.dryRun) return;
    for (const each of examined) if (isHarmed(each)) await this.#mender.mark(each);
    for (const [index, each] of examined.entries()) {
      this.#progress('mending', index, examined.length);
      await this.#mender.mend(each);
    }
    await this.#mender.settle();
  }

  /** A manifest that came back names what nobody knew to be missing: then once more. */
  async #mendBroken(broken: readonly BrokenSet[]): Promise<void> {
    const known = new Set<string>();
    for (let still = broken; ;) {
      const missing = new Set(still.flatMap(({ hit }) => [...hit.missing]));
      await this.#fetchPacks(missing);
      await this.#mendStrangers(missing);
      await this.#mendRows(missing);
      for (const id of missing) known.add(id);
      if (missing.size === 0 || this.#options.dryRun) return;
      still = await findBrokenSets(this.#parts, new LostChunks(), () => this.#progress('mending', 0, null));
      if (!still.some(({ hit }) => [...hit.missing].some((id) => !known.has(id)))) return;
    }
  }

  /** Before strangers: one of those may be what is left of the same pack. */
  async #fetchPacks(missing: ReadonlySet<string>): Promise<void> {
    const lacking = new Set([...missing].filter((id) => !this.#recovered.has(id)));
    for await (const { name, bytes, wanted } of packsOfReplica(this.#parts, lacking)) {
      for (const id of wanted) this.#recovered.add(id);
      this.#report.chunks.replica += wanted.length;
      if (!this.#options.dryRun) await this.#mender.fetch(name, bytes);
      const detail = `from the replica: ${wanted.length} chunks that sets lack`;
      this.#report.items.push({
        subject: name,
        wrong: 'the catalog does not know it',
        outcome: 'replaced',
        detail,
      });
    }
  }

  async #mendStrangers(missing: ReadonlySet<string>): Promise<void> {
    const { items } = this.#report;
    const onForeign = ({ subject, message: wrong }: Finding): void =>
      void items.push({ subject, wrong, outcome: 'left', detail: 'see what it is, and move it elsewhere' });
    for await (const stranger of strangers(this.#parts, this.#search, missing, onForeign)) {
      const outcome = judgeStranger(stranger);
      if (outcome === undefined) continue;
      for (const id of stranger.wanted) this.#recovered.add(id);
      if (!this.#options.dryRun) await this.#mender.mendStranger(stranger, outcome);
      items.push(strangerItem(stranger, outcome));
    }
    if (!this.#options.dryRun) await this.#mender.settle();
  }

  /** Of packs that are whole and hold what sets lack: the catalog has lost the rows. */
  async #mendRows(missing: ReadonlySet<string>): Promise<void> {
    const lacking = new Set([...missing].filter((id) => !this.#recovered.has(id)));
    const suspect = new Set(this.#suspect);
    for await (const { name, pack, wanted } of findRows(this.#parts, lacking, suspect)) {
      for (const id of wanted) this.#recovered.add(id);
      if (!this.#options.dryRun) await this.#mender.writeLackingRows(name, pack);
      const wrong = `${wanted.length} of its chunks have no row in the catalog`;
      this.#report.items.push({ subject: name, wrong, outcome: 'rows', detail: 'they are written again' });
    }
  }

  async #tellOfPacks(examined: readonly ExaminedPack[]): Promise<void> {
    const { chunks, items } = this.#report;
    for (const each of examined) {
      const ids = Buffer.concat(each.lost.map(({ id }) => id));
      const places = await this.#areBack(each.pack.cluster, ids);
      const back = places.filter(Boolean).length;
      const isReplaced = each.remedy === 'replace';
      const counts = {
        salvaged: each.remedy === 'salvage' ? each.good.offsets.length : 0,
        elsewhere: isReplaced ? 0 : back,
        replica: isReplaced ? back : 0,
        lost: places.length - back,
      };
      chunks.salvaged += counts.salvaged;
      chunks.replica += counts.replica;
      chunks.elsewhere += counts.elsewhere;
      chunks.lost += counts.lost;
      const stays =
        this.#options.dryRun || (await this.#parts.catalog.packs.byId(each.pack.id)) !== undefined;
      items.push(packItem(each, counts, { stays, dryRun: this.#options.dryRun }));
      if (counts.lost > 0) await this.#askAgain(each.pack.cluster);
    }
  }

  async #tellOfSets(broken: readonly BrokenSet[]): Promise<void> {
    for (const [index, each] of broken.entries()) {
      this.#progress('sets again', index, broken.length);
      const judged = await (this.#options.dryRun
        ? judgeMendable(each, (cluster, ids) => this.#areBack(cluster, ids))
        : judgeMended(this.#parts, each));
      this.#report.sets.push(judged);
      if (judged.state === 'hit') await this.#askAgain(each.document.cluster.id as ClusterId);
    }
  }

  /** Who builds on a manifest would not notice what is lost: nodes send their trees anew, and with them that. */
  async #askAgain(cluster: ClusterId): Promise<void> {
    if (!this.#options.dryRun) await this.#parts.catalog.chunks.dropBases(cluster);
  }

  /** For each of these chunks, that were lost in one place, whether it is, or of a dry run would be, in another. */
  async #areBack(cluster: ClusterId, ids: Buffer): Promise<boolean[]> {
    if (!this.#options.dryRun)
      return (await this.#parts.locate(cluster, ids)).map((place) => place !== undefined);
    const { chunks } = this.#parts.catalog;
    const covered = new Set(await chunks.coveredElsewhere(cluster, this.#suspect, ids));
    return hexIds(ids).map((id, place) => covered.has(place) || this.#recovered.has(id));
  }

  #progress(phase: RepairPhase, done: number, total: number | null): void {
    this.#options.signal.throwIfAborted();
    this.#options.onProgress?.({ phase, done, total });
  }
}

function emptyReport(dryRun: boolean, quarantined: string[]): RepairReport {
  return {
    dryRun,
    packs: { seen: 0, damaged: 0 },
    chunks: { salvaged: 0, elsewhere: 0, replica: 0, lost: 0 },
    items: [],
    sets: [],
    quarantined,
  };
}
