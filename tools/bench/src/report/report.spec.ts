import { describe, expect, it } from '@jest/globals';

import type { Measured } from '../contender.ts';
import { resultDocument } from './result-document.ts';
import { resultTable } from './result-table.ts';
import { median, summarize } from './summarize.ts';

const machine = { cpu: 'cpu', cores: 2, memory: 1, kernel: 'Linux', node: 'v26' };
const run = (millis: number, more: Partial<Measured> = {}): Measured => ({
  millis,
  resident: { agent: millis * 1000 },
  cpu: { agent: millis / 1000 },
  ...more,
});

describe('median', () => {
  it('is the value in the middle, whatever the order; of an even number the mean of two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('summarize', () => {
  it('takes medians, but of memory the highest', () => {
    const runs = [run(3000, { wire: 5 }), run(1000, { wire: 7 }), run(2000, { wire: 6 })];
    expect(summarize(runs)).toEqual({
      runs: 3,
      median: 2000,
      min: 1000,
      max: 3000,
      resident: { agent: 3_000_000 },
      cpu: { agent: 2 },
      wire: 6,
    });
  });
});

describe('resultDocument', () => {
  const result = {
    work: 'backup',
    corpus: '/usr/share',
    contenders: [
      { name: 'lifeboat', version: '1', measured: [run(3000), run(1000), run(1100)] },
      { name: 'restic-rest', version: '2', measured: [run(2000), run(9000), run(2200)] },
    ],
  };
  const document = resultDocument(result, machine);

  it('says Lifeboat ÷ peer of the medians', () => {
    expect(document).toMatchObject({
      work: 'backup',
      corpus: '/usr/share',
      machine,
      lifeboat: { version: '1', median: 1100 },
      peers: { 'restic-rest': { version: '2', median: 2200 } },
      ratios: { 'restic-rest': 0.5 },
    });
  });

  it('becomes a line a contender, the ratio with the peer', () => {
    const lines = resultTable([document]).split('\n');
    expect(lines.find((line) => line.startsWith('lifeboat'))).toContain('1.10 s  1.00 s–3.00 s');
    expect(lines.find((line) => line.startsWith('restic-rest'))).toMatch(
      /2\.20 s {2}2\.00 s–9\.00 s {2}0\.50/,
    );
  });
});
