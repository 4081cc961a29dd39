import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is neither false nor undefined; throws naming `what` after the time is up. */
export async function waitUntil<T>(
  what: string,
  ask: () => T | Promise<T>,
  options: { readonly seconds?: number; readonly everyMs?: number } = {},
): Promise<Exclude<T, false | undefined>> {
  const { seconds = 30, everyMs = 20 } = options;
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await sleep(everyMs);
  }
}
