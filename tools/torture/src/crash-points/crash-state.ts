import { link, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SeededRandom } from '@lifeboat/testkit';
import type { CatalogChange, TraceEvent, VaultPromise } from './trace.ts';

/** What is there after a crash. */
export interface CrashState {
  readonly directories: ReadonlySet<string>;
  /** Path to file number; two paths may be one file. */
  readonly names: ReadonlyMap<string, number>;
  readonly contents: ReadonlyMap<number, Buffer>;
  readonly catalog: readonly CatalogChange[];
  readonly promises: readonly VaultPromise[];
}

/** How likely what was not synced is lost: a killed process loses nothing, a power failure what it likes. */
const LOSSES = [0, 0.1, 0.5, 0.9, 1];

const SECTOR = 512;

/**
 * The state after a crash behind the first `length` events. Of what no sync had made durable by then, each write is there, torn or
 * lost, and each new, further or removed name is there or not, whatever became of the others.
 */
export function crashState(events: readonly TraceEvent[], length: number, random: SeededRandom): CrashState {
  const past = events.slice(0, length);
  const loss = random.pick(LOSSES);
  const isLost = (): boolean => random.next() < loss;
  const directories = new Set<string>();
  const names = new Map<string, number>();
  const contents = new Map<number, Buffer>();
  for (const [index, event] of past.entries()) {
    if (event.failed === true || (!isDurable(past, index) && isLost() && !isTorn(event, contents, random)))
      continue;
    apply(event, directories, names, contents);
  }
  const done = past.flatMap((event) => (event.kind === 'catalog done' ? [event.change] : []));
  const begun = past.flatMap((event) => (event.kind === 'catalog' ? [event.change] : []));
  // PostgreSQL had the call but had not answered: it did it or not.
  const unanswered = begun.filter((change) => !done.includes(change) && random.integer(2) === 0);
  const promises = past.flatMap((event) => (event.kind === 'promise' ? [event.promise] : []));
  return { directories, names, contents, catalog: [...done, ...unanswered], promises };
}

/** Makes what lay below `from` below `to`: but for what lies in directories that are not there themselves. */
export async function makeReal(state: CrashState, from: string, to: string): Promise<void> {
  const moved = (path: string): string => to + path.slice(from.length);
  const isReachable = (path: string): boolean => {
    const parent = dirname(path);
    return parent === from || (state.directories.has(parent) && isReachable(parent));
  };
  for (const path of [...state.directories].sort())
    if (isReachable(path)) await mkdir(moved(path), { mode: 0o700 });
  const written = new Map<number, string>();
  for (const [path, file] of state.names) {
    if (!isReachable(path)) continue;
    const first = written.get(file);
    if (first === undefined) await writeFile(moved(path), state.contents.get(file) ?? '', { mode: 0o600 });
    else await link(first, moved(path));
    written.set(file, first ?? moved(path));
  }
}

function isDurable(past: readonly TraceEvent[], index: number): boolean {
  const event = past[index]!;
  if (event.kind === 'write' || event.kind === 'truncate')
    return past.some((later) => later.kind === 'sync' && later.file === event.file && later.from > index);
  if (event.kind === 'create' || event.kind === 'link' || event.kind === 'unlink' || event.kind === 'mkdir') {
    const directory = dirname(event.path);
    return past.some(
      (later) => later.kind === 'sync directory' && later.path === directory && later.from > index,
    );
  }
  return true;
}

/** Half of the writes that are lost leave some of their sectors, in no order: pages go to the disk as it suits it. */
function isTorn(event: TraceEvent, contents: Map<number, Buffer>, random: SeededRandom): boolean {
  if (event.kind !== 'write' || random.integer(2) === 0) return false;
  for (let at = 0; at < event.bytes.length; at += SECTOR) {
    if (random.integer(2) === 0) continue;
    write(contents, event.file, event.offset + at, event.bytes.subarray(at, at + SECTOR));
  }
  return false;
}

function apply(
  event: TraceEvent,
  directories: Set<string>,
  names: Map<string, number>,
  contents: Map<number, Buffer>,
): void {
  if (event.kind === 'mkdir') directories.add(event.path);
  else if (event.kind === 'create' || event.kind === 'link') names.set(event.path, event.file);
  else if (event.kind === 'unlink' || event.kind === 'lost') names.delete(event.path);
  else if (event.kind === 'write' || event.kind === 'rotted')
    write(contents, event.file, event.offset, event.bytes);
  else if (event.kind === 'truncate')
    contents.set(event.file, (contents.get(event.file) ?? Buffer.alloc(0)).subarray(0, event.length));
}

/** What a write behind a lost one skips reads as zeros. */
function write(contents: Map<number, Buffer>, file: number, offset: number, bytes: Buffer): void {
  const before = contents.get(file) ?? Buffer.alloc(0);
  const after = Buffer.alloc(Math.max(before.length, offset + bytes.length));
  before.copy(after);
  bytes.copy(after, offset);
  contents.set(file, after);
}
