import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { endDescendants } from './machine/end-descendants.ts';

const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * A directory for everything this run makes. When it is done, or when the bench is told to end, whatever it has
 * started is ended and the directory removed: nothing stays behind. `ended` is aborted when it is told.
 */
export async function inOwnPlace(run: (dir: string, ended: AbortSignal) => Promise<number>): Promise<number> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'lifeboat-bench-'));
  chmodSync(dir, 0o755); // databases run under accounts of their own
  const told = new AbortController();
  let code: number | undefined;
  for (const [signal, number] of Object.entries(SIGNALS)) {
    // Not once: Ctrl-C comes from the terminal and again from npm, and must not kill what is tidying up.
    process.on(signal, () => {
      code = 128 + number;
      told.abort();
    });
  }
  const running = run(dir, told.signal);
  const toldToEnd = new Promise<void>((resolve) => told.signal.addEventListener('abort', () => resolve()));
  try {
    await Promise.race([running, toldToEnd]);
    return code ?? (await running);
  } finally {
    await endUntilOver(running);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What is told to end may be about to start one thing more; it cannot go far when all that it starts is ended. */
async function endUntilOver(running: Promise<unknown>): Promise<void> {
  let over = false;
  const settled = running.then(
    () => (over = true),
    () => (over = true), // that its processes ended under it is no news
  );
  for (;;) {
    await endDescendants(process.pid);
    await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 100))]);
    if (over) return endDescendants(process.pid);
  }
}
