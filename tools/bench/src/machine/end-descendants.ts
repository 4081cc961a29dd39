import { setTimeout as sleep } from 'node:timers/promises';

import { descendantsOf, processFigures } from './process-figures.ts';

/** After this long without an end they are asked differently: PostgreSQL waits on SIGTERM for whoever is connected. */
const INSIST_MS = 2000;
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 50;

/**
 * Ends everything that `pid` has started and what those have started: first by asking, after a while by force. What
 * leaves a dying parent is known by then, for all are looked up before any is ended.
 */
export async function endDescendants(pid: number, patienceMs = PATIENCE_MS): Promise<void> {
  const known = new Map<number, string>();
  const startedAt = performance.now();
  let insisted = false;
  for (;;) {
    const fresh = descendantsOf(pid).filter((one) => !known.has(one));
    for (const one of fresh) known.set(one, processFigures(one)?.born ?? '');
    for (const one of fresh) send(one, 'SIGTERM');
    const left = [...known].filter(([one, born]) => isRunning(one, born));
    if (left.length === 0) return;
    const waited = performance.now() - startedAt;
    if (waited > INSIST_MS && !insisted) {
      for (const [one] of left) send(one, 'SIGINT');
      insisted = true;
    }
    if (waited > patienceMs) for (const [one] of left) send(one, 'SIGKILL');
    await sleep(LOOK_EVERY_MS);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** Still the same one: its number may have been given to another. */
function isRunning(pid: number, born: string): boolean {
  const figures = processFigures(pid);
  return figures !== undefined && !figures.zombie && figures.born === born;
}
