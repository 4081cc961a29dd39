/** Bounds of a chunk, bytes. A stream shorter than the minimum is one chunk. Part of the format: never changed. */
export const MIN_CHUNK = 256 * 1024;
export const AVERAGE_CHUNK = 1024 * 1024;
export const MAX_CHUNK = 4 * 1024 * 1024;
