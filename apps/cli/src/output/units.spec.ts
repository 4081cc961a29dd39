import { describe, expect, it } from '@jest/globals';
import { bytesText, millisText, timeText } from './units.ts';

describe('units', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9_999, '10.0 kB'],
    [99_960, '100 kB'],
    [999_600, '1.00 MB'],
    [4_420_000_000, '4.42 GB'],
    [null, '-'],
  ])('%s bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  it.each([
    [850, '850 ms'],
    [12_340, '12.3 s'],
    [59_980, '1 min 00 s'],
    [245_000, '4 min 05 s'],
    [7_620_000, '2 h 07 min'],
    [null, '-'],
  ])('%s milliseconds are %s', (millis, text) => expect(millisText(millis)).toBe(text));

  it('shows times to the second, UTC', () =>
    expect(timeText('2026-01-02T03:04:05.678Z')).toBe('2026-01-02 03:04:05Z'));
});
