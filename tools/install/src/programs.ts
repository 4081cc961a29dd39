/** Of experimental modules that are used on purpose (ADR 0013, 0019). */
const QUIET = '--disable-warning=ExperimentalWarning';

/**
 * The programs by their folder in apps, and the flags that Node runs them with. How garbage is collected
 * (docs/performance.md): an agent stays small beside the portal; a server makes more that dies young and has the room.
 * V8 adds the bytes of Buffers to the old space when it decides to look through the whole heap: starting with a small
 * one, it would do so for every 30 MB that an upload brings.
 * The first line of each program in apps/<app>/bin says the same; a test compares.
 */
export const PROGRAMS = {
  agent: {
    name: 'lifeboat-agent',
    nodeFlags: [
      '--single-threaded-gc',
      '--max-old-space-size=512',
      '--max-semi-space-size=1',
      // V8 counts messages on their way as growth of the heap, and by default looks through all of it each 10 MB sent.
      '--heap-growing-percent=10',
      // Pages that a collection has emptied go back to the kernel, instead of waiting to be used again.
      '--optimize-for-size',
      '--memory-pool-timeout=1',
      QUIET,
    ],
  },
  server: {
    name: 'lifeboat-server',
    nodeFlags: [
      '--single-threaded-gc',
      '--max-semi-space-size=16',
      '--initial-old-space-size=128',
      // Sealing makes garbage faster than anything else: V8 would let the heap become four times what is in use.
      '--heap-growing-percent=100',
      QUIET,
    ],
  },
  cli: { name: 'lifeboat', nodeFlags: [QUIET] },
} as const;

export type App = keyof typeof PROGRAMS;
