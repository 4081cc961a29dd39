import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { native, walk, type BytePath, type WalkEntry } from '@lifeboat/file-tree';
import type { Clock, Log } from '@lifeboat/kernel';
import type { CaptureResult, Tree } from '@lifeboat/wire';
import { readAccountNames, type AccountNames } from './account-names.ts';
import { CaptureJournal } from './capture-journal.ts';
import { CaptureReport } from './capture-report.ts';
import { EntryPipeline } from './entry-pipeline.ts';
import { InFlight } from './in-flight.ts';
import { KeptFiles } from './kept-files.ts';
import { IN_FLIGHT_BYTES } from './limits.ts';
import { ManifestWriter } from './manifest-writer.ts';
import { KnownEntries } from './known-entries.ts';
import { namesHold, plannedEntry, setNames } from './planned-entry.ts';
import { ManifestKeeper, type PreviousManifest } from './previous-manifest.ts';
import type { SealingContext, UploadFactory } from './upload-call.ts';
import { cancelled, UploadSession } from './upload-session.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface CaptureProgress {
  phase: 'capture';
  /** Bytes read so far. */
  bytesDone: number;
  entriesDone: number;
}

export interface CaptureOptions {
  tree: Tree;
  welcome: SealingContext;
  upload: UploadFactory;
  /** The agent's own directory: keeps the last manifest of each tree. */
  stateDir: string;
  workers: WorkerPool;
  log: Log;
  clock: Clock;
  signal: AbortSignal;
  /** The backup set or other operation this capture is for; shown in the server's log. */
  operationId?: string;
  onProgress?: (progress: CaptureProgress) => void;
}

/** Where entries come from: a walk of the tree, files held, paths asked for. In path order. */
export type EntrySource = (report: CaptureReport, knownNames: KnownNames) => Iterable<WalkEntry>;

/** Names in the directory that was yielded last, when nothing was added or removed since the last capture. */
type KnownNames = (path: BytePath) => BytePath[] | undefined;

/**
 * A change within this time before a file was read may be followed by one that no timestamp shows: ctime ticks at
 * up to 10 ms, network file systems and FAT at up to 2 s.
 */
const RACY_NANOS = 2_000_000_000n;
/** Entries between two looks at the event loop: about 2 ms. */
const ENTRIES_PER_TURN = 256;
const PROGRESS_MILLIS = 1000;

/**
 * Captures a tree: walks it, reads and sends what the last capture of this agent did not see so, and stores a
 * manifest. Everything the result names is durable at the server. Memory does not grow with the tree.
 * Throws ROOT_NOT_FOUND, CANCELLED (the signal), and what the server refuses for good.
 */
export async function captureTree(options: CaptureOptions): Promise<CaptureResult> {
  const { tree } = options;
  const source: EntrySource = (report, knownNames) =>
    walk(tree.path, {
      excludes: tree.excludes,
      knownNames,
      onNotKept: ({ path, reason }) => report.notKept(path, reason),
    });
  return await captureEntries(options, source, tree.name);
}

/** The next capture of this tree reads and offers everything: for when the server misses chunks it once had. */
export function forgetManifest(stateDir: string, tree: Pick<Tree, 'name'>, log: Log): void {
  const files = new KeptFiles(stateDir);
  new ManifestKeeper(files, log).forget(tree.name);
  CaptureJournal.forget(files, tree.name);
}

/**
 * `keepAs`: under which name the manifest is kept for the next time. `writtenOnce`: whoever writes these files never
 * writes to one again, so that a ctime which linking it has moved says nothing.
 */
export async function captureEntries(
  options: CaptureOptions,
  source: EntrySource,
  keepAs: string,
  { writtenOnce = false }: { readonly writtenOnce?: boolean } = {},
): Promise<CaptureResult> {
  const { workers, clock, log } = options;
  const report = new CaptureReport(clock);
  if (!native.available) report.notKept('', 'extended attributes and ACLs: node:ffi is not available here');
  const session = new UploadSession({ ...options, operationId: options.operationId ?? '' });
  const files = new KeptFiles(options.stateDir);
  const keeper = new ManifestKeeper(files, log);
  const fingerprint = fingerprintOf(options);
  const readBefore = BigInt(report.startedAt.getTime()) * 1_000_000n - RACY_NANOS;
  const kept = keeper.create(keepAs, {
    fingerprint,
    readBefore: String(readBefore),
    excludes: options.tree.excludes,
  });
  const journal = new CaptureJournal(files, { tree: keepAs, fingerprint, readBefore, log });
  let previous: PreviousManifest | undefined;
  const manifest = new ManifestWriter(session, (segment) => kept.append(segment));
  const names = readAccountNames();
  const pipeline = new EntryPipeline({
    session,
    workers,
    manifest,
    report,
    names,
    inFlight: new InFlight(IN_FLIGHT_BYTES),
    onDurable: (entries) => journal.append(entries),
  });
  try {
    previous = await stillKnown(session, keeper.open(keepAs, fingerprint));
    const known = new KnownEntries(previous, options.tree.excludes, journal.interrupted(), writtenOnce);
    const found = source(report, (path) => known.namesIn(path));
    await pushAll(options, found, known, names, pipeline, session);
    await pipeline.finish();
    const root = await manifest.finish();
    await session.finish();
    kept.commit(root, report.isWhole);
    journal.done();
    return report.result(root, manifest, session.counters, clock);
  } finally {
    await session.close();
    await pipeline.settle();
    previous?.close();
    journal.close();
    kept.discard();
  }
}

async function pushAll(
  options: CaptureOptions,
  found: Iterable<WalkEntry>,
  known: KnownEntries,
  names: AccountNames,
  pipeline: EntryPipeline,
  session: UploadSession,
): Promise<void> {
  const { clock, onProgress } = options;
  let entriesDone = 0;
  let nextProgress = clock.monotonic() + PROGRESS_MILLIS;
  for (const entry of found) {
    const old = known.unchanged(entry);
    if (old !== undefined) {
      if (!namesHold(old, names)) setNames(old, names);
      pipeline.push({ entry: old, location: entry.location, read: false, expectedBytes: 0 });
    } else {
      pipeline.push({ ...plannedEntry(entry, names), sent: known.sent(entry) });
    }
    entriesDone += 1;
    if (pipeline.full) await pipeline.room();
    if (entriesDone % ENTRIES_PER_TURN !== 0) continue;
    await nextTurn();
    if (options.signal.aborted) throw cancelled();
    if (clock.monotonic() < nextProgress) continue;
    nextProgress = clock.monotonic() + PROGRESS_MILLIS;
    onProgress?.({ phase: 'capture', bytesDone: session.counters.bytesRead, entriesDone });
  }
}

/** What the server does not have any more cannot be built upon: then everything is read and offered again. */
async function stillKnown(
  session: UploadSession,
  previous: PreviousManifest | undefined,
): Promise<PreviousManifest | undefined> {
  if (previous === undefined) return undefined;
  const missing = await session.perform((connection) => connection.upload.offer(previous.root));
  if (missing.length === 0) return previous;
  previous.close();
  return undefined;
}

function fingerprintOf({ welcome, tree }: CaptureOptions): string {
  const hash = createHash('sha256');
  const parts = [welcome.vaultId, welcome.clusterId, welcome.idKey, welcome.gearKey, tree.path];
  for (const part of parts) {
    const bytes = Buffer.from(part as string);
    hash.update(Buffer.from(Uint32Array.of(bytes.length).buffer)).update(bytes);
  }
  return hash.digest('hex');
}
