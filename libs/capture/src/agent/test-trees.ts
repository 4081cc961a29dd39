import { createCipheriv } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, type Clock } from '@lifeboat/kernel';
import type { CaptureOptions } from './capture-tree.ts';
import { MemoryPeer } from './memory-peer.ts';
import type { WorkerPool } from './worker-pool.ts';

export const systemTime: Clock = { now: () => new Date(), monotonic: () => performance.now() };

/** An hour later than it is: nothing on disk is fresh any more. */
export const laterTime: Clock = {
  now: () => new Date(Date.now() + 3_600_000),
  monotonic: () => performance.now(),
};

/** A directory for a tree and one for an agent's state; and what a capture of it takes. */
export class Scene {
  readonly directory = mkdtempSync(join(tmpdir(), 'lifeboat-capture-'));
  readonly root = join(this.directory, 'tree');
  readonly peer = new MemoryPeer();
  readonly abort = new AbortController();
  readonly options: CaptureOptions;

  constructor(workers: WorkerPool, clock: Clock = laterTime) {
    mkdirSync(this.root);
    this.options = {
      tree: { name: 'tree', kind: 'path', path: this.root, excludes: [] },
      welcome: this.peer.welcome,
      upload: this.peer.upload,
      stateDir: join(this.directory, 'state'),
      workers,
      log: silentLog,
      clock,
      signal: this.abort.signal,
    };
  }

  write(path: string, bytes: string | Uint8Array, mtime?: Date): void {
    const file = join(this.root, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, bytes);
    if (mtime !== undefined) utimesSync(file, mtime, mtime);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Bytes that look random and are the same every time. */
export function noise(length: number, seed: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}
