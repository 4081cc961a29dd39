/** Of experimental modules that are used on purpose (ADR 0013, 0019). */
const QUIET = '--disable-warning=ExperimentalWarning';

/**
 * The programs by their folder in apps, the flags that Node runs them with, and the variables beside them. How garbage
 * is collected (docs/performance.md): an agent stays small beside the portal; a server makes more that dies young and
 * has the room.
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
      '--max-semi-space-size=2',
      // V8 counts messages on their way as growth of the heap, and by default looks through all of it each 10 MB sent.
      '--heap-growing-percent=50',
      // Pages that a collection has emptied go back to the kernel, instead of waiting to be used again.
      '--optimize-for-size',
      '--memory-pool-timeout=1',
      QUIET,
    ],
    // Buffers of megabytes come and go: by default each is mapped, touched page by page and unmapped again.
    environment: {
      MALLOC_MMAP_THRESHOLD_: '8388608',
      MALLOC_TRIM_THRESHOLD_: '33554432',
    },
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
    environment: {},
  },
  cli: { name: 'lifeboat', nodeFlags: [QUIET], environment: {} },
} as const;

export type App = keyof typeof PROGRAMS;

/** The variables as `NAME=value`, as `env` and systemd take them. */
export function variablesOf(app: App): string[] {
  return Object.entries(PROGRAMS[app].environment).map(([name, value]) => `${name}=${value}`);
}
