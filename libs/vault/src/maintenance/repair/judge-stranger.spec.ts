import { describe, expect, it } from '@jest/globals';
import type { PackName } from '@lifeboat/kernel';
import { finding, type Finding } from '../finding.ts';
import { judgeStranger } from './judge-stranger.ts';
import type { RepairOutcome } from './repair-report.ts';

const WANTED = ['00'];

describe('what becomes of a pack that the catalog does not know', () => {
  it.each<[string, RepairOutcome | undefined, readonly Finding['kind'][], readonly string[]]>([
    ['whole, and sets lack what it holds', 'adopted', [], WANTED],
    ['whole, and nobody lacks it', undefined, [], []],
    ['as it was written, by a newer release', 'left', ['newer-release'], WANTED],
    ['of other bytes, that look newer', 'quarantined', ['pack-damaged', 'newer-release'], []],
    ['as it was written, with a bad frame', 'salvaged', ['chunk-damaged'], WANTED],
    ['of other bytes, and sets lack what it holds', 'salvaged', ['pack-damaged'], WANTED],
    ['of other bytes, and nobody lacks it', 'quarantined', ['pack-damaged'], []],
  ])('%s: %s', (_, outcome, kinds, wanted) => {
    const findings = kinds.map((kind) => finding('a pack', kind, 'x'));
    const verdict = { findings, good: { offsets: [], ids: Buffer.alloc(0) } };
    const stranger = { name: 'a pack' as PackName, bytes: 1, cluster: undefined, verdict, wanted };
    expect(judgeStranger(stranger)).toBe(outcome);
  });
});
