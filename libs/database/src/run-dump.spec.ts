import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';

import { ClientProcess } from './client-process.ts';
import type { DumpReport } from './database-engine.ts';
import { runDump } from './run-dump.ts';

/** More than the stream gives before it is read, less than it takes in: the program ends with bytes still held. */
const BYTES = 1_500_000;

describe('a dump', () => {
  it('is judged only when its last byte has passed, however late its reader comes', async () => {
    const client = new ClientProcess('head', ['-c', String(BYTES), '/dev/zero'], {});
    let seen = 0;
    const dump = runDump({
      log: silentLog,
      observer: {
        push: (chunk) => {
          seen += chunk.length;
        },
        finish: () => {
          if (seen !== BYTES) throw new Error(`judged after ${seen} bytes`);
        },
      },
      start: async () => ({ client, cleanUp: async () => undefined }),
      report: async () => ({}) as DumpReport,
    });
    await client.exit;
    await sleep(20);
    let read = 0;
    for await (const chunk of dump.stream) read += (chunk as Buffer).length;
    await dump.done;
    expect(read).toBe(BYTES);
  });

  it('whose reader gives up says so, and leaves the cause to the reader', async () => {
    const client = new ClientProcess('cat', ['/dev/zero'], {});
    const dump = runDump({
      log: silentLog,
      observer: { push: () => undefined, finish: () => undefined },
      start: async () => ({ client, cleanUp: async () => undefined }),
      report: async () => ({}) as DumpReport,
    });
    const reading = (async () => {
      for await (const _chunk of dump.stream) throw new Error('the vault is full');
    })();
    await expect(reading).rejects.toThrow('the vault is full');
    await expect(dump.done).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
