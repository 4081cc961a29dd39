import type { PackWeight, PruneBegin, PruneSession, RipeOf } from '@lifeboat/catalog';
import { toErrorReport, uuidFromBytes, type NodeId } from '@lifeboat/kernel';
import { packBlob } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';
import { assertOwner } from '../../records/owner.ts';
import { finishDeletions } from '../../records/set-deletions.ts';
import type { VaultHelp } from '../vault-help.ts';
import { assertModest, type PruneExtent } from './assert-modest.ts';
import { copyNeeded } from './copy-needed.ts';
import { judgePack } from './judge-pack.ts';
import { Marker } from './mark.ts';
import { clearOrphans } from './orphans.ts';
import type { PruneOptions, PrunePhase, PruneReport } from './prune-report.ts';
import { ripeByCluster, ripePrunes } from './ripe.ts';
import { rootsOfSets, type SetRoot } from './roots-of-sets.ts';

const PAGE = 100;
/** Copies are closed, proved and take the place of their originals at this many bytes: what a repack needs in between. */
const COPIED_AT_ONCE = 128 * 1024 * 1024;

interface Candidates {
  readonly remove: PackWeight[];
  readonly repack: PackWeight[];
  readonly extent: PruneExtent;
}

/**
 * One run of prune (ORDERING.md): marks what remaining sets need, gives the rest tombstones, and deletes what earlier
 * runs gave theirs, when that is long enough ago and nothing that goes on can be using it. Sets, restores and proofs
 * go on meanwhile. Killed anywhere, the next run goes on.
 */
export class Prune {
  readonly #parts: VaultParts;
  readonly #help: VaultHelp;
  readonly #session: PruneSession;
  readonly #options: PruneOptions;
  readonly #report: PruneReport;

  private constructor(
    parts: VaultParts,
    help: VaultHelp,
    session: PruneSession,
    options: PruneOptions,
    report: PruneReport,
  ) {
    this.#parts = parts;
    this.#help = help;
    this.#session = session;
    this.#options = options;
    this.#report = report;
  }

  /** CONFLICT while another prune or a reindex goes on, and for one that would take most of the vault. */
  static async run(parts: VaultParts, help: VaultHelp, options: PruneOptions): Promise<PruneReport> {
    const { catalog, clock } = parts;
    return catalog.prunes.alone(async (session) => {
      await assertOwner(parts.store, parts.instance);
      if (!options.dryRun) await finishDeletions(parts);
      const begin = await session.begin(clock.now(), options.dryRun);
      const report: PruneReport = emptyReport(options.dryRun);
      try {
        await new Prune(parts, help, session, options, report).#run(begin);
        if (!options.dryRun) await catalog.prunes.ended(begin.id, clock.now(), report, null);
        return report;
      } catch (thrown) {
        const failure = toErrorReport(thrown);
        if (!options.dryRun) await catalog.prunes.ended(begin.id, clock.now(), report, failure);
        throw thrown;
      }
    });
  }

  async #run(begin: PruneBegin): Promise<void> {
    const { dryRun, graceMillis, allowLarge } = this.#options;
    const roots = await this.#mark(begin);
    await this.#sweep(begin);
    const time = { now: this.#parts.clock.now(), graceMillis };
    const ripe = ripeByCluster(begin, time);
    const { remove, repack, extent } = await this.#weigh(ripe, roots);
    if (dryRun) return this.#foresee({ remove, repack, extent });
    if (!allowLarge) assertModest(extent);
    await this.#remove(remove, ripe);
    await this.#repack(repack, ripe);
    this.#progress('orphans', 0, null);
    const mayRemove = this.#report.chunks.missing === 0;
    const orphanage = { id: begin.id, ripe: ripePrunes(begin.earlier, begin.began, time), mayRemove };
    this.#report.orphans = await clearOrphans(this.#parts, this.#session, orphanage);
  }

  async #mark({ bases }: PruneBegin): Promise<readonly SetRoot[]> {
    const roots = await rootsOfSets(this.#parts);
    const marker = new Marker(this.#parts, this.#session, this.#options.signal);
    const total = roots.length + bases.length;
    let done = 0;
    for (const { cluster, root } of roots) {
      this.#progress('marking', done, total);
      await marker.markRoot(cluster, root);
      done += 1;
    }
    for (const { cluster, root } of bases) {
      this.#progress('marking', done, total);
      await marker.markBase(cluster, root);
      done += 1;
    }
    const { marked, missing } = await this.#session.countMarks();
    Object.assign(this.#report.chunks, { marked, missing });
    if (missing > 0)
      this.#parts.log.error(
        { missing },
        'remaining sets or bases name chunks that lie nowhere: run vault check',
      );
    return roots;
  }

  async #sweep({ id }: PruneBegin): Promise<void> {
    const { chunks } = this.#report;
    for await (const packs of this.#pages('sweeping')) {
      if (this.#options.dryRun) chunks.tombstoned += await this.#session.countDead(packs);
      else {
        const { tombstoned, revived } = await this.#session.sweep(packs, id);
        chunks.tombstoned += tombstoned;
        chunks.revived += revived;
      }
    }
    if (this.#options.dryRun) return;
    this.#help.forgetClosures();
    await this.#session.swept(id, this.#parts.clock.now());
  }

  async #weigh(ripe: RipeOf, roots: readonly SetRoot[]): Promise<Candidates> {
    const { deadShare } = this.#options;
    const { bytes, packs } = this.#report;
    const remove: PackWeight[] = [];
    const repack: PackWeight[] = [];
    for await (const page of this.#pages('weighing')) {
      for (const weight of await this.#session.weigh(page, ripe)) {
        packs.seen += 1;
        bytes.total += weight.bytes;
        bytes.dead += weight.dead;
        bytes.waiting += weight.waiting;
        const verdict = judgePack(weight, deadShare);
        if (verdict === 'remove') remove.push(weight);
        else if (verdict === 'repack') repack.push(weight);
      }
    }
    const freedBytes =
      remove.reduce((sum, each) => sum + each.bytes, 0) + repack.reduce((sum, each) => sum + each.dead, 0);
    const emptied = await this.#emptied([...remove, ...repack], roots);
    return { remove, repack, extent: { totalBytes: bytes.total, freedBytes, emptied } };
  }

  #foresee({ remove, repack, extent }: Candidates): void {
    const { bytes, packs } = this.#report;
    bytes.freed = extent.freedBytes;
    bytes.copied = repack.reduce((sum, { frames, dead }) => sum + frames - dead, 0);
    packs.removed = remove.length + repack.length;
    packs.repacked = repack.length;
  }

  /** Names of clusters that had sets, have none now, and would lose bytes. */
  async #emptied(losing: readonly PackWeight[], roots: readonly SetRoot[]): Promise<string[]> {
    const { sets, clusters } = this.#parts.catalog;
    const kept = new Set(roots.map(({ cluster }) => cluster));
    const names: string[] = [];
    for (const cluster of new Set(losing.map((each) => each.cluster))) {
      if (kept.has(cluster) || (await sets.latestSealed(cluster)) === undefined) continue;
      names.push((await clusters.byId(cluster))?.name ?? cluster);
    }
    return names;
  }

  async #remove(packs: readonly PackWeight[], ripe: RipeOf): Promise<void> {
    for (const [index, pack] of packs.entries()) {
      this.#progress('removing', index, packs.length);
      await this.#removePack(pack, ripe);
    }
  }

  /** The row first, in one transaction with a last look; then the blob. */
  async #removePack({ pack, cluster, name, bytes }: PackWeight, ripe: RipeOf): Promise<boolean> {
    if (!(await this.#session.removePack(pack, ripe(cluster)))) return false;
    this.#help.forgetClosures();
    await this.#parts.store.delete(packBlob(name));
    this.#report.packs.removed += 1;
    this.#report.bytes.freed += bytes;
    return true;
  }

  async #repack(packs: readonly PackWeight[], ripe: RipeOf): Promise<void> {
    // Copies that an earlier run made and did not live to see proved need not be made again.
    if (packs.length > 0) await this.#proveCopies(packs);
    const sender = uuidFromBytes(this.#parts.random(16)) as string as NodeId;
    let waiting: PackWeight[] = [];
    let copied = 0;
    for (const [index, pack] of packs.entries()) {
      this.#progress('repacking', index, packs.length);
      const needed = await this.#session.needed(pack.pack, ripe(pack.cluster));
      // What cannot be read is not copied, and not thrown away with its pack either.
      if (needed.some(({ poisoned }) => poisoned)) continue;
      if (needed.length > 0)
        copied += await copyNeeded(this.#parts, await this.#help.ingest(pack.cluster), sender, pack, needed);
      waiting.push(pack);
      if (copied < COPIED_AT_ONCE) continue;
      await this.#replace(waiting, ripe);
      [waiting, copied] = [[], this.#copied(copied)];
    }
    await this.#replace(waiting, ripe);
    this.#copied(copied);
  }

  #copied(bytes: number): 0 {
    this.#report.bytes.copied += bytes;
    return 0;
  }

  /** A pack goes when each frame that is needed of it was read back from another one. */
  async #replace(packs: readonly PackWeight[], ripe: RipeOf): Promise<void> {
    if (packs.length === 0) return;
    await this.#proveCopies(packs);
    for (const pack of packs) if (await this.#removePack(pack, ripe)) this.#report.packs.repacked += 1;
  }

  async #proveCopies(packs: readonly PackWeight[]): Promise<void> {
    for (const cluster of new Set(packs.map((each) => each.cluster)))
      await this.#help.closeOpenPacks(cluster);
    await this.#help.prove();
  }

  async *#pages(phase: PrunePhase): AsyncGenerator<bigint[]> {
    const { closed } = await this.#parts.catalog.packs.totals();
    let [after, done] = [0n, 0];
    for (;;) {
      this.#progress(phase, done, Math.max(closed, done));
      const page = await this.#session.closedPacks(after, PAGE);
      if (page.length === 0) return;
      yield page;
      after = page.at(-1)!;
      done += page.length;
    }
  }

  #progress(phase: PrunePhase, done: number, total: number | null): void {
    this.#options.signal.throwIfAborted();
    this.#options.onProgress?.({ phase, done, total });
  }
}

function emptyReport(dryRun: boolean): PruneReport {
  return {
    dryRun,
    chunks: { marked: 0, missing: 0, tombstoned: 0, revived: 0 },
    bytes: { total: 0, dead: 0, waiting: 0, freed: 0, copied: 0 },
    packs: { seen: 0, removed: 0, repacked: 0 },
    orphans: { found: 0, removed: 0 },
  };
}
