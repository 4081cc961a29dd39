import { describe, expect, it } from '@jest/globals';
import type { PackRow } from '@lifeboat/catalog';
import type { PackName } from '@lifeboat/kernel';
import { finding } from '../finding.ts';
import type { ExaminedPack } from './examine-pack.ts';
import type { PackRemedy } from './judge-damage.ts';
import { packItem, strangerItem } from './pack-item.ts';
import type { RepairOutcome } from './repair-report.ts';

const NAME = 'a pack' as PackName;
const GOOD = { offsets: [], ids: Buffer.alloc(0) };
const COUNTS = { salvaged: 3, elsewhere: 2, replica: 4, lost: 1 };

const examined = (remedy: PackRemedy): ExaminedPack => ({
  name: NAME,
  pack: {} as PackRow,
  remedy,
  findings: [],
  good: GOOD,
  lost: [],
});

const gone = { stays: false, dryRun: false };

describe('a repair tells of a pack', () => {
  it.each<[PackRemedy, RepairOutcome, string]>([
    ['heal', 'healed', 'as it was written'],
    ['rows', 'rows', 'the catalog is written again'],
    ['replace', 'replaced', 'from the replica: 4 chunks'],
    ['leave', 'left', 'a newer release'],
    ['forget', 'forgotten', '3 chunks salvaged, 2 in another pack too, 1 lost'],
    ['salvage', 'salvaged', '3 chunks salvaged, 2 in another pack too, 1 lost'],
  ])('%s: %s', (remedy, outcome, detail) => {
    const item = packItem(examined(remedy), COUNTS, gone);
    expect(item).toMatchObject({ subject: NAME, outcome, detail: expect.stringContaining(detail) });
  });

  it('that it stays when the catalog still tells of it, unless in a dry run, after which it always does', () => {
    const salvage = examined('salvage');
    expect(packItem(salvage, COUNTS, { stays: true, dryRun: false })).toMatchObject({
      outcome: 'left',
      detail: expect.stringContaining('run it again'),
    });
    expect(packItem(salvage, COUNTS, { stays: true, dryRun: true }).outcome).toBe('salvaged');
  });

  it('what was found first, or that no proof of it counts', () => {
    const findings = [finding(NAME, 'pack-damaged', 'first'), finding(NAME, 'chunk-damaged', 'second')];
    expect(packItem({ ...examined('salvage'), findings }, COUNTS, gone).wrong).toBe('first');
    expect(packItem(examined('heal'), COUNTS, gone).wrong).toContain('not proved');
  });
});

describe('a repair tells of a pack that the catalog does not know', () => {
  const stranger = {
    name: NAME,
    bytes: 1,
    cluster: undefined,
    verdict: { findings: [], good: GOOD },
    wanted: ['00', '01'],
  };

  it('how much of it sets lack', () => {
    expect(strangerItem(stranger, 'adopted')).toEqual({
      subject: NAME,
      wrong: 'the catalog does not know it',
      outcome: 'adopted',
      detail: '2 chunks that sets lack',
    });
  });

  it('that a newer release wrote it', () => {
    const findings = [finding(NAME, 'newer-release', 'it takes a newer release')];
    const item = strangerItem({ ...stranger, verdict: { findings, good: GOOD } }, 'left');
    expect(item).toMatchObject({ wrong: 'it takes a newer release', detail: 'a newer release wrote it' });
  });
});
