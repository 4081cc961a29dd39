import type { PackRow } from '@lifeboat/catalog';
import type { VaultParts } from '../parts.ts';

export interface TimeBox {
  /** No pack is begun later than so long after the beginning; one always is. Undefined: all are read. */
  readonly maxMillis?: number | undefined;
  /** Only packs that were not read since. Undefined: now. */
  readonly before?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PAGE = 100;
/** Of a time box, what is waited for ingest at most: a server that is always busy renews proofs all the same. */
const PATIENT_SHARE = 0.5;

/** Closed packs without a proof: 'all', or less those that failed one; each as soon as the gate lets it through. */
export async function* unprovedPacks(
  { catalog, proofGate }: VaultParts,
  bad: ReadonlySet<bigint> | 'all',
): AsyncGenerator<PackRow> {
  const enter = proofGate.entrance();
  for (let after = 0n; ;) {
    const page = await catalog.packs.listUnproved(after, PAGE, { poisoned: bad === 'all' });
    for (const pack of page) {
      after = pack.id;
      if (bad !== 'all' && bad.has(pack.id)) continue;
      await enter();
      yield pack;
    }
    if (page.length < PAGE) return;
  }
}

/**
 * Closed packs, those read longest ago first; each as soon as the gate lets it through, while there is time. Each is put
 * `inHand`, and passed over while another renewal has it there.
 */
export async function* untriedPacks(
  parts: VaultParts,
  box: TimeBox,
  inHand: Set<bigint>,
): AsyncGenerator<PackRow> {
  const { catalog, clock, proofGate } = parts;
  const { maxMillis = Infinity, before = clock.now(), signal } = box;
  const began = clock.monotonic();
  const enter = proofGate.entrance(box.maxMillis && box.maxMillis * PATIENT_SHARE);
  let last = { triedAt: new Date(0), id: 0n };
  for (let begun = 0; ;) {
    const page = await catalog.packs.listUntried(before, last, PAGE);
    for (const pack of page) {
      last = pack;
      await enter();
      const late = begun > 0 && clock.monotonic() - began >= maxMillis;
      if (late || signal?.aborted) return;
      if (!(await isStillUntried(parts, pack)) || inHand.has(pack.id)) continue;
      inHand.add(pack.id);
      begun += 1;
      yield pack;
    }
    if (page.length < PAGE) return;
  }
}

/** Another renewal may have read the pack since it was listed, a prune deleted it. */
async function isStillUntried({ catalog }: VaultParts, { id, triedAt }: PackRow): Promise<boolean> {
  const now = await catalog.packs.byId(id);
  return now !== undefined && now.triedAt.getTime() === triedAt.getTime();
}
