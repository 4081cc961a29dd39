import { describe, expect, it } from '@jest/globals';
import { finding, type Finding } from '../finding.ts';
import { judgeDamage, type PackRemedy, type PackSymptoms } from './judge-damage.ts';

const whole: PackSymptoms = { isMissing: false, outside: [], inside: [], isProved: true };
const found = (...kinds: Finding['kind'][]): Finding[] => kinds.map((kind) => finding('a pack', kind, 'x'));

describe('what is to be done about a pack', () => {
  it.each<[string, PackRemedy | undefined, Partial<PackSymptoms>]>([
    ['whole', undefined, {}],
    ['whole and not proved', 'heal', { isProved: false }],
    ['gone', 'forget', { isMissing: true, outside: found('pack-missing') }],
    ['of other bytes than its name says', 'salvage', { inside: found('pack-damaged') }],
    ['of other bytes, that look newer', 'salvage', { inside: found('pack-damaged', 'newer-release') }],
    ['as it was written, by a newer release', 'leave', { outside: found('newer-release') }],
    ['as it was written, with a bad frame', 'salvage', { inside: found('chunk-damaged') }],
    ['whole, and its rows are wrong', 'rows', { outside: found('rows-wrong'), isProved: false }],
    ['whole, and recorded with another length', 'rows', { outside: found('pack-damaged') }],
  ])('%s: %s', (_, remedy, symptoms) => {
    expect(judgeDamage({ ...whole, ...symptoms })).toBe(remedy);
  });
});
