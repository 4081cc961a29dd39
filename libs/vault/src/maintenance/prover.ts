import type { PackRow } from '@lifeboat/catalog';
import { invariant } from '@lifeboat/kernel';
import type { VaultParts } from '../parts.ts';
import type { Finding } from './finding.ts';
import { verifyPackData } from './verify-pack.ts';

export interface ProofReport {
  readonly packs: number;
  readonly chunks: number;
  readonly findings: readonly Finding[];
}

const PAGE = 100;

/**
 * Reads back closed packs that were not proved yet. Of a bad one, only what cannot be read is poisoned, so that it is
 * asked for again; the rest of it stays of use.
 */
export class Prover {
  readonly #parts: VaultParts;
  /** Found bad since the start: not read again and again. */
  readonly #bad = new Set<bigint>();

  constructor(parts: VaultParts) {
    this.#parts = parts;
  }

  async prove(onFinding: (finding: Finding) => void = () => undefined): Promise<ProofReport> {
    const findings: Finding[] = [];
    let [packs, chunks, after] = [0, 0, 0n];
    for (;;) {
      const page = await this.#parts.catalog.packs.listUnproved(after, PAGE);
      for (const pack of page) {
        after = pack.id;
        if (this.#bad.has(pack.id)) continue;
        const verdict = await this.#provePack(pack);
        verdict.findings.forEach(onFinding);
        findings.push(...verdict.findings);
        packs += 1;
        chunks += verdict.chunks;
      }
      if (page.length < PAGE) return { packs, chunks, findings };
    }
  }

  async #provePack(pack: PackRow): Promise<{ chunks: number; findings: readonly Finding[] }> {
    const { catalog, clock, log } = this.#parts;
    invariant(pack.name !== null, 'a closed pack has a name');
    const { findings, good } = await verifyPackData(this.#parts, pack.cluster, pack.name);
    const lost = (await catalog.chunks.ofPack(pack.id)).filter((record) => !good.has(record.offset));
    const first = findings[0];
    if (first === undefined && lost.length === 0) {
      await catalog.packs.prove(pack.id, clock.now());
      return { chunks: good.size, findings };
    }
    this.#bad.add(pack.id);
    log.error({ pack: pack.name, lost: lost.length, first: first?.message }, 'a pack failed its proof');
    if (good.size === 0)
      await catalog.packs.poison(pack.id, first?.message ?? 'none of its chunks can be read');
    else await catalog.chunks.poison(pack.cluster, pack.id, Buffer.concat(lost.map((record) => record.id)));
    return { chunks: good.size, findings };
  }
}
