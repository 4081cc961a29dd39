import type { ExaminedPack } from './examine-pack.ts';
import type { RepairItem, RepairOutcome } from './repair-report.ts';
import type { Stranger } from './strangers.ts';

export interface ChunkCounts {
  readonly salvaged: number;
  readonly elsewhere: number;
  readonly replica: number;
  readonly lost: number;
}

/** `stays`: the catalog still tells of it. */
export function packItem(
  { name, remedy, findings }: ExaminedPack,
  counts: ChunkCounts,
  { stays, dryRun }: { readonly stays: boolean; readonly dryRun: boolean },
): RepairItem {
  const wrong = findings[0]?.message ?? 'it was not proved, or failed a proof';
  const item = (outcome: RepairOutcome, detail: string): RepairItem => ({
    subject: name,
    wrong,
    outcome,
    detail,
  });
  switch (remedy) {
    case 'heal':
      return item('healed', 'every byte of it is as it was written');
    case 'rows':
      return item('rows', 'the pack is whole; the catalog is written again as it says');
    case 'replace':
      return item('replaced', `the same bytes, from the replica: ${counts.replica} chunks`);
    case 'leave':
      return item('left', 'a newer release wrote it: use that one');
    case 'forget':
      return item('forgotten', told(counts));
    case 'salvage':
      return stays && !dryRun
        ? item('left', 'what was salvaged could not be proved: run it again')
        : item('salvaged', told(counts));
  }
}

export function strangerItem({ name, verdict, wanted }: Stranger, outcome: RepairOutcome): RepairItem {
  const wrong = verdict.findings[0]?.message ?? 'the catalog does not know it';
  const detail = outcome === 'left' ? 'a newer release wrote it' : `${wanted.length} chunks that sets lack`;
  return { subject: name, wrong, outcome, detail };
}

function told({ salvaged, elsewhere, lost }: ChunkCounts): string {
  return `${salvaged} chunks salvaged, ${elsewhere} in another pack too, ${lost} lost`;
}
