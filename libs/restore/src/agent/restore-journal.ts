import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { syncDirectory } from '@lifeboat/runtime';
import type { JournalRecord } from './journal-record.ts';

/**
 * An append-only file of lines `<crc32 of the rest, 8 hex> <JSON>`. `append` resolves when the line is on stable
 * storage. A torn last line (power cut while it was written) never happened; damage anywhere else is refused.
 */
export class RestoreJournal {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Throws FORMAT_DAMAGED. */
  static async open(path: string): Promise<{ journal: RestoreJournal; records: JournalRecord[] }> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const bytes = await readOrEmpty(path);
    const { records, length } = parseJournal(bytes, path);
    await withFile(path, async (file) => {
      if (length < bytes.length) await file.truncate(length);
    });
    for (const directory of [dirname(path), dirname(dirname(path)), dirname(dirname(dirname(path)))]) {
      await syncDirectory(directory);
    }
    return { journal: new RestoreJournal(path), records };
  }

  append(record: JournalRecord): Promise<void> {
    const text = JSON.stringify(record);
    return withFile(this.#path, (file) => file.appendFile(`${checksum(text)} ${text}\n`));
  }
}

/** Opened for each line: lines are rare, and a journal of a restore long over holds nothing. */
async function withFile(path: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    await use(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

export function parseJournal(bytes: Buffer, path: string): { records: JournalRecord[]; length: number } {
  const records: JournalRecord[] = [];
  let length = 0;
  while (length < bytes.length) {
    const end = bytes.indexOf(0x0a, length);
    const line = bytes.toString('utf8', length, end < 0 ? bytes.length : end);
    const record = end < 0 ? undefined : parseLine(line);
    if (record === undefined) {
      if (end < 0 || end === bytes.length - 1) break;
      throw new LifeboatError('FORMAT_DAMAGED', `the restore journal ${path} is damaged at byte ${length}`, {
        guidance:
          'Keep the portal down and follow the runbook: old and new data both lie below .lifeboat in each tree.',
      });
    }
    records.push(record);
    length = end + 1;
  }
  return { records, length };
}

function parseLine(line: string): JournalRecord | undefined {
  const text = line.slice(9);
  return line.slice(0, 9) === `${checksum(text)} ` ? (JSON.parse(text) as JournalRecord) : undefined;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

async function readOrEmpty(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
