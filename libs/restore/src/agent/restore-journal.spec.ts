import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JournalRecord } from './journal-record.ts';
import { RestoreJournal } from './restore-journal.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-journal-'));
  file = join(folder, 'restores', 'one', 'journal');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (epoch: number): JournalRecord => ({ at: '2026-01-01T00:00:00.000Z', step: 'epoch', epoch });

describe('the journal', () => {
  it('reads back what was appended, whatever part of a last line a power cut left', async () => {
    const { journal } = await RestoreJournal.open(file);
    for (const epoch of [1, 2, 3]) await journal.append(line(epoch));
    const whole = readFileSync(file);
    const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
    for (let length = lastLine; length < whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length));
      const reopened = await RestoreJournal.open(file);
      expect(reopened.records).toEqual([line(1), line(2)]);
      await reopened.journal.append(line(4));
      expect((await RestoreJournal.open(file)).records).toEqual([line(1), line(2), line(4)]);
    }
  });

  it('is refused when a line before the last is damaged', async () => {
    const { journal } = await RestoreJournal.open(file);
    await journal.append(line(1));
    const bytes = readFileSync(file);
    bytes[20]! ^= 1;
    writeFileSync(file, bytes);
    appendFileSync(file, bytes);
    await expect(RestoreJournal.open(file)).rejects.toMatchObject({ code: 'FORMAT_DAMAGED' });
  });
});
