import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { captureStream } from '@lifeboat/capture/agent';
import type { DatabaseEngine } from '@lifeboat/database';
import { writeRowLines, type DatabaseRequest, type RowLine } from '@lifeboat/database/work';
import { ChunkFetcher, downloadFile, type DownloadFactory } from '@lifeboat/restore/agent';

import type { CommandCall, CommandContext } from '../commands/command-context.ts';

export type DatabaseAccessOptions = Pick<
  CommandContext,
  'stateDir' | 'policy' | 'workers' | 'upload' | 'sealing' | 'clock' | 'log'
> & { readonly download: DownloadFactory };

/** Name of the one file in a capture of rows. */
const ROWS_FILE = 'rows.ndjson';

/** The ways of database work: to the database, and to the vault and back. */
export class DatabaseAccess {
  readonly #options: DatabaseAccessOptions;
  #tempDir: Promise<string> | undefined;

  constructor(options: DatabaseAccessOptions) {
    this.#options = options;
  }

  /** An engine keeps nothing between two steps, so each step has its own. */
  async engine(definition: DatabaseRequest<'probe'>['definition']): Promise<DatabaseEngine> {
    const { log, clock, stateDir } = this.#options;
    this.#tempDir ??= freshDirectory(path.join(stateDir, 'temp'));
    // Only here: most agents never talk to a database, and its drivers take 20 MB.
    const { openEngine } = await import('@lifeboat/database');
    return openEngine(definition, { log, clock, tempDir: await this.#tempDir });
  }

  /** How bytes of this operation go up. */
  upward({ operationId }: CommandCall) {
    const { sealing, upload, workers, clock, log } = this.#options;
    return { welcome: sealing(), upload, workers, clock, log, operationId };
  }

  /** @returns the root of the capture, hex */
  async sendRows(call: CommandCall, rows: Parameters<typeof writeRowLines>[0]): Promise<string> {
    const stream = Readable.from(writeRowLines(rows), { objectMode: false });
    // Rows that were sent before give the same capture: nothing of the moment may stand in it.
    const options = { ...this.upward(call), signal: call.signal, mtimeNs: 0n };
    return (await captureStream(ROWS_FILE, stream, options)).root.toString('hex');
  }

  /** The dump that a restore brings back, as `read` takes it. */
  async download<T>(
    restoreId: string,
    root: Buffer,
    signal: AbortSignal,
    read: (dump: Readable) => Promise<T>,
  ): Promise<T> {
    const { download, sealing, log } = this.#options;
    const fetcher = new ChunkFetcher({ restoreId, open: download, idKey: sealing().idKey, log, signal });
    const dump = Readable.from(downloadFile(fetcher, root), { objectMode: false });
    try {
      return await read(dump);
    } finally {
      dump.destroy();
      fetcher.close();
    }
  }
}

/** Password files and staged dumps of an agent that was killed have no business staying. */
async function freshDirectory(directory: string): Promise<string> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
}

export async function* documentLines(
  rows: AsyncIterable<Extract<RowLine, ['document', unknown]>[1]>,
): AsyncGenerator<RowLine> {
  for await (const row of rows) yield ['document', row];
}
