import type { ChunkRecord, PackRow } from '@lifeboat/catalog';
import { invariant, LifeboatError } from '@lifeboat/kernel';
import { packBlob, VAULT_RECORD } from '../layout.ts';
import { closedPackBytes } from '../pack/pack-bytes.ts';
import type { VaultParts } from '../parts.ts';
import { keysOfPack } from '../read/pack-keys.ts';
import { finding, type Finding } from './finding.ts';
import { untriedPacks, unprovedPacks, type TimeBox } from './packs-to-prove.ts';
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

export interface RenewOptions extends TimeBox {
  /** Told of each pack that is not what it should be, and of which of its chunks cannot be read. */
  readonly onBad?: (findings: readonly Finding[], lost: readonly ChunkRecord[]) => void;
}

export interface RenewalReport {
  readonly packs: number;
  readonly bytes: number;
}

/**
 * Reads closed packs back, in threads of their own. `prove` judges those without a proof: of a bad one, only what cannot
 * be read is poisoned, so that it is asked for again; the rest of it stays of use. `renew` reads the others again, too,
 * and poisons nothing: a pack that fails loses its proof, and the next `prove` judges it by a second reading.
 */
export class Prover {
  readonly #parts: VaultParts;
  readonly #workers: ProofWorkers;
  /** Found bad since the start: not read again and again. */
  readonly #bad = new Set<bigint>();
  /** Being renewed. */
  readonly #inHand = new Set<bigint>();
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
    const waiting = unprovedPacks(this.#parts, again ? 'all' : this.#bad);
    await this.#eachAtOnce(waiting, async (pack) => {
      const verdict = await this.#provePack(pack, again);
      verdict.findings.forEach(onFinding);
      findings.push(...verdict.findings);
      packs += 1;
      chunks += verdict.good.offsets.length;
    });
    return { packs, chunks, findings };
  }

  /** Those read longest ago first, so that the next one goes on where this one ended. Fails as `prove` does. */
  async renew(options: RenewOptions = {}): Promise<RenewalReport> {
    let [packs, bytes] = [0, 0];
    const waiting = untriedPacks(this.#parts, options, this.#inHand);
    await this.#eachAtOnce(waiting, async (pack) => {
      await this.#renewPack(pack, options.onBad).finally(() => this.#inHand.delete(pack.id));
      packs += 1;
      bytes += pack.bytes ?? 0;
    });
    return { packs, bytes };
  }

  /** What is being read is given up, unproved. */
  async stop(): Promise<void> {
    await this.#workers.end();
  }

  /** As many packs at once as there are threads. */
  async #eachAtOnce(packs: AsyncGenerator<PackRow>, work: (pack: PackRow) => Promise<void>): Promise<void> {
    const lane = async (): Promise<void> => {
      for await (const pack of packs) await work(pack);
    };
    this.#running += 1;
    try {
      const ended = await Promise.allSettled(Array.from({ length: this.#workers.size }, lane));
      for (const each of ended) if (each.status === 'rejected') throw each.reason;
    } finally {
      this.#running -= 1;
      if (this.#running === 0) await this.#workers.end();
    }
  }

  async #provePack(pack: PackRow, again: boolean): Promise<PackVerdict> {
    const { catalog } = this.#parts;
    const { verdict, lost } = await this.#judge(pack, again);
    const { findings, good } = verdict;
    const first = findings[0];
    if (first === undefined && lost.length === 0) return verdict;
    this.#bad.add(pack.id);
    if (good.offsets.length === 0)
      await catalog.packs.poison(pack.id, first?.message ?? 'none of its chunks can be read');
    else await catalog.chunks.poison(pack.id, lost);
    return { findings: [...findings, ...(await this.#suspects(pack, findings))], good };
  }

  /** A pack that is as it was written, and holds chunks that are not what they are called: whoever sent them did that. */
  async #suspects(pack: PackRow, findings: readonly Finding[]): Promise<Finding[]> {
    if (!findings.every(({ kind }) => kind === 'chunk-damaged')) return [];
    const senders = await this.#parts.catalog.chunks.sendersOfPoisoned(pack.id);
    return senders.map(({ node, chunks }) => {
      const what = `it sent ${chunks} chunks of pack ${pack.name} that are not what their ids say`;
      this.#parts.log.error({ node, pack: pack.name, chunks }, 'a node sent bytes that are not what it said');
      return finding(node, 'node-suspect', `${what}; no other node was given them. Look at that node`);
    });
  }

  async #renewPack(pack: PackRow, onBad: RenewOptions['onBad']): Promise<void> {
    const { verdict, lost } = await this.#judge(pack);
    if (verdict.findings.length === 0 && lost.length === 0) return;
    await this.#parts.catalog.packs.doubt(pack.id, this.#parts.clock.now());
    onBad?.(verdict.findings, lost);
  }

  /**
   * Reads it; a good one is proved. A prune may have deleted it since it was listed: then there is nothing to find.
   * Not one pack is called bad while the vault itself cannot be found: a disk that is not mounted has none of them.
   * `again`: of a good one nothing stays poisoned.
   */
  async #judge(
    pack: PackRow,
    again = false,
  ): Promise<{ verdict: PackVerdict; lost: readonly ChunkRecord[] }> {
    const { catalog, clock, log } = this.#parts;
    const verdict = await this.#read(pack);
    if (verdict.findings.length > 0) {
      await assertReachable(this.#parts);
      if ((await catalog.packs.byId(pack.id)) === undefined)
        return { verdict: { findings: [], good: { offsets: [], ids: Buffer.alloc(0) } }, lost: [] };
    }
    const lost = await catalog.chunks.ofPackExcept(pack.id, verdict.good);
    const first = verdict.findings[0];
    if (first === undefined && lost.length === 0) {
      if (again) await catalog.packs.heal(pack.id, clock.now());
      else await catalog.packs.prove(pack.id, clock.now());
      this.#bad.delete(pack.id);
    } else
      log.error({ pack: pack.name, lost: lost.length, first: first?.message }, 'a pack failed its proof');
    return { verdict, lost };
  }

  async #read({ cluster, name }: PackRow): Promise<PackVerdict> {
    invariant(name !== null, 'a closed pack has a name');
    const bytes = closedPackBytes(this.#parts.store, name);
    const keys = await keysOfPack(this.#parts, cluster, bytes);
    return this.#workers.verify({ name, file: this.#parts.store.fileOf?.(packBlob(name)), bytes, keys });
  }
}

/** VAULT_UNREACHABLE. */
async function assertReachable({ store }: VaultParts): Promise<void> {
  if ((await store.size(VAULT_RECORD)) !== undefined) return;
  throw new LifeboatError('VAULT_UNREACHABLE', 'vault.json is not there any more', {
    guidance: 'Look whether what the vault lies on is mounted.',
  });
}
