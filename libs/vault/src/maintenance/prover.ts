import type { PackRow } from '@lifeboat/catalog';
import { invariant } from '@lifeboat/kernel';
import { packBlob } from '../layout.ts';
import { closedPackBytes } from '../pack/pack-bytes.ts';
import type { VaultParts } from '../parts.ts';
import { keysOfPack } from '../read/pack-keys.ts';
import type { Finding } from './finding.ts';
import type { ProofWorkers } from './proof-workers.ts';
import type { PackVerdict } from './verify-pack-bytes.ts';

export interface ProofReport {
  readonly packs: number;
  readonly chunks: number;
  readonly findings: readonly Finding[];
}

export interface ProveOptions {
  readonly onFinding?: (finding: Finding) => void;
  /** Also packs that failed a proof before. */
  readonly again?: boolean;
}

const PAGE = 100;

/**
 * Reads back closed packs that were not proved yet. Of a bad one, only what cannot be read is poisoned, so that it is
 * asked for again; the rest of it stays of use.
 */
export class Prover {
  readonly #parts: VaultParts;
  readonly #workers: ProofWorkers;
  /** Found bad since the start: not read again and again. */
  readonly #bad = new Set<bigint>();
  #running = 0;

  constructor(parts: VaultParts, workers: ProofWorkers) {
    this.#parts = parts;
    this.#workers = workers;
  }

  /**
   * Ends at the first failure that says nothing about a pack: what was not reached waits for the next proof. `again`:
   * also those that failed one; what was put back whole counts from then on.
   */
  async prove({ onFinding = () => undefined, again = false }: ProveOptions = {}): Promise<ProofReport> {
    const findings: Finding[] = [];
    let [packs, chunks] = [0, 0];
    const waiting = this.#unproved(again);
    const work = async (): Promise<void> => {
      for await (const pack of waiting) {
        const verdict = await this.#provePack(pack, again);
        verdict.findings.forEach(onFinding);
        findings.push(...verdict.findings);
        packs += 1;
        chunks += verdict.good.offsets.length;
      }
    };
    this.#running += 1;
    try {
      const ended = await Promise.allSettled(Array.from({ length: this.#workers.size }, work));
      for (const each of ended) if (each.status === 'rejected') throw each.reason;
      return { packs, chunks, findings };
    } finally {
      this.#running -= 1;
      if (this.#running === 0) await this.#workers.end();
    }
  }

  /** What is being read is given up, unproved. */
  async stop(): Promise<void> {
    await this.#workers.end();
  }

  /** Each as soon as the gate lets it through. */
  async *#unproved(again: boolean): AsyncGenerator<PackRow> {
    const { catalog, proofGate } = this.#parts;
    const enter = proofGate.entrance();
    for (let after = 0n; ;) {
      const page = await catalog.packs.listUnproved(after, PAGE, { poisoned: again });
      for (const pack of page) {
        after = pack.id;
        if (this.#bad.has(pack.id) && !again) continue;
        await enter();
        yield pack;
      }
      if (page.length < PAGE) return;
    }
  }

  /** A prune may have deleted the pack since it was listed: then there is nothing to find. */
  async #provePack(pack: PackRow, again: boolean): Promise<PackVerdict> {
    const { catalog, clock, log } = this.#parts;
    const verdict = await this.#read(pack);
    if (verdict.findings.length > 0 && (await catalog.packs.byId(pack.id)) === undefined)
      return { findings: [], good: { offsets: [], ids: Buffer.alloc(0) } };
    const { findings, good } = verdict;
    const lost = await catalog.chunks.ofPackExcept(pack.id, good);
    const first = findings[0];
    if (first === undefined && lost.length === 0) {
      if (again) await catalog.packs.heal(pack.id, clock.now());
      else await catalog.packs.prove(pack.id, clock.now());
      this.#bad.delete(pack.id);
      return verdict;
    }
    this.#bad.add(pack.id);
    log.error({ pack: pack.name, lost: lost.length, first: first?.message }, 'a pack failed its proof');
    if (good.offsets.length === 0)
      await catalog.packs.poison(pack.id, first?.message ?? 'none of its chunks can be read');
    else await catalog.chunks.poison(pack.cluster, pack.id, Buffer.concat(lost.map((record) => record.id)));
    return verdict;
  }

  async #read({ cluster, name }: PackRow): Promise<PackVerdict> {
    invariant(name !== null, 'a closed pack has a name');
    const bytes = closedPackBytes(this.#parts.store, name);
    const keys = await keysOfPack(this.#parts, cluster, bytes);
    return this.#workers.verify({ name, file: this.#parts.store.fileOf?.(packBlob(name)), bytes, keys });
  }
}
