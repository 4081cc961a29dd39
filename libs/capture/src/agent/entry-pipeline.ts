import { displayPath } from '@lifeboat/file-tree';
import { CHUNK_ID_LENGTH, invariant } from '@lifeboat/kernel';
import type { ManifestEntry } from '@lifeboat/vault-format';
import type { AccountNames } from './account-names.ts';
import type { CaptureReport } from './capture-report.ts';
import { contentOf, type FileContent } from './content.ts';
import type { InFlight } from './in-flight.ts';
import { BATCH_BYTES, BATCH_FILES, WAITING_ENCODED, WAITING_SLOTS, WINDOW_BYTES } from './limits.ts';
import type { ManifestWriter } from './manifest-writer.ts';
import { adoptFacts, type PlannedEntry } from './planned-entry.ts';
import { readBigFile } from './read-big-file.ts';
import type { UploadSession } from './upload-session.ts';
import { WaitingEntries, type Slot } from './waiting-entries.ts';
import { newJob, type WorkerPool } from './worker-pool.ts';
import type { FileResult } from './worker-messages.ts';

export interface EntryPipelineOptions {
  session: UploadSession;
  workers: WorkerPool;
  manifest: ManifestWriter;
  report: CaptureReport;
  names: AccountNames;
  inFlight: InFlight;
  /** Told of files whose content is durable and was read while they held still. */
  onDurable: (entries: readonly ManifestEntry[]) => void;
}

/**
 * Takes planned entries in path order, has what must be read sent in batches, and hands them on to the manifest in
 * the same order once their content is durable. An entry without unread content and nothing before it passes
 * straight through, so a capture without changes keeps nothing.
 */
export class EntryPipeline {
  readonly #options: EntryPipelineOptions;
  readonly #waiting = new WaitingEntries();
  /** First slot of each file with several names that had to be read. */
  readonly #links = new Map<bigint, Slot>();
  readonly #running = new Set<Promise<void>>();
  #batch: Slot[] = [];
  #batchBytes = 0;
  /** Sent before, by a capture that was cut off. */
  #sent: Slot[] = [];
  #failure: { error: unknown } | undefined;

  constructor(options: EntryPipelineOptions) {
    this.#options = options;
  }

  /** True: wait for `room()` before the next push. */
  get full(): boolean {
    const { inFlight, manifest } = this.#options;
    const { slots, encoded } = this.#waiting;
    const isCrowded = slots > WAITING_SLOTS || encoded > WAITING_ENCODED;
    return this.#failure !== undefined || inFlight.full || manifest.full || isCrowded;
  }

  async room(): Promise<void> {
    if (this.#options.manifest.full) await this.#options.manifest.room();
    while (this.full && this.#failure === undefined) {
      const { inFlight } = this.#options;
      await Promise.race(inFlight.full ? [...this.#running, inFlight.room()] : this.#running);
      if (this.#options.manifest.full) await this.#options.manifest.room();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  push(planned: PlannedEntry): void {
    if (!planned.read) {
      if (this.#waiting.isEmpty) this.#options.manifest.push(planned.entry);
      else this.#waiting.addEncoded(planned.entry);
      return;
    }
    const slot: Slot = { planned, state: 'waiting' };
    this.#waiting.addSlot(slot);
    this.#read(slot);
  }

  /** All entries are in the manifest, their content durable. */
  async finish(): Promise<void> {
    this.#sendBatches();
    this.#drain();
    while (this.#running.size > 0 && this.#failure === undefined) await Promise.race(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
    invariant(this.#waiting.isEmpty, 'every slot was drained');
  }

  /** Waits until nothing runs any more, whatever became of it. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #read(slot: Slot): void {
    const { entry } = slot.planned;
    if (entry.linkGroup !== undefined) {
      const first = this.#links.get(entry.linkGroup);
      if (first !== undefined) {
        slot.sameAs = first;
        return;
      }
      this.#links.set(entry.linkGroup, slot);
    }
    if (slot.planned.sent !== undefined) {
      this.#sent.push(slot);
      if (this.#sent.length >= BATCH_FILES || this.#running.size === 0) this.#askForSent();
      return;
    }
    this.#queue(slot);
  }

  #queue(slot: Slot): void {
    const { expectedBytes } = slot.planned;
    if (expectedBytes > BATCH_BYTES) {
      this.#run(() => this.#readBig(slot));
      return;
    }
    if (this.#batchBytes + expectedBytes > BATCH_BYTES) this.#sendBatch();
    this.#batch.push(slot);
    this.#batchBytes += expectedBytes;
    // The first of a few changed files must not keep a whole tree waiting until a batch is full.
    if (this.#batch.length >= BATCH_FILES || this.#running.size === 0) this.#sendBatch();
  }

  #sendBatches(): void {
    this.#askForSent();
    this.#sendBatch();
  }

  #askForSent(): void {
    if (this.#sent.length === 0) return;
    const slots = this.#sent;
    this.#sent = [];
    this.#run(() => this.#adoptSent(slots));
  }

  /** What the server has of them still need not be read; the others are files as any that changed. */
  async #adoptSent(slots: readonly Slot[]): Promise<void> {
    const { session, report } = this.#options;
    const ids = slots.map(({ planned }) => chunksOf(planned.sent!));
    const missing = await session.perform((connection) => connection.upload.offer(Buffer.concat(ids)));
    const lost = new Set(missing);
    let first = 0;
    for (const [index, slot] of slots.entries()) {
      const { planned } = slot;
      const { size, content } = planned.sent!;
      delete planned.sent;
      const count = ids[index]!.length / CHUNK_ID_LENGTH;
      const isThere = Array.from({ length: count }, (_, at) => first + at).every((at) => !lost.has(at));
      first += count;
      if (isThere) {
        Object.assign(planned.entry, { size, content });
        slot.state = 'ready';
        report.filesChanged += 1;
      } else this.#queue(slot);
    }
  }

  #sendBatch(): void {
    if (this.#batch.length === 0) return;
    const slots = this.#batch;
    const bytes = this.#batchBytes;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#run(() => this.#readBatch(slots, bytes));
  }

  #run(work: () => Promise<void>): void {
    const running = work()
      .then(() => this.#drain())
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#running.delete(running);
        if (this.#running.size === 0 && this.#failure === undefined) this.#sendBatches();
      });
    this.#running.add(running);
  }

  async #readBatch(slots: Slot[], bytes: number): Promise<void> {
    const { session, workers, inFlight } = this.#options;
    const credit = inFlight.take(WINDOW_BYTES);
    try {
      const locations = slots.map((slot) => slot.planned.location);
      const read = await session.perform(async (connection, attempt) => {
        const lane = workers.freest();
        const job = newJob();
        const free = lane.occupy(bytes);
        try {
          const answer = await lane.request('read-files', {
            job,
            connection: connection.id,
            locations,
            bytes,
          });
          session.counters.bytesRead += answer.bytesRead;
          await connection.deliverJob(lane, job, answer, attempt, credit);
          return answer;
        } finally {
          free();
        }
      });
      const durable: ManifestEntry[] = [];
      for (const [index, slot] of slots.entries()) {
        const result = read.files[index] as FileResult;
        if (result.outcome === 'read' && !result.changedWhileRead) durable.push(slot.planned.entry);
        if (result.outcome === 'too-big') await this.#readBig(slot, result.size);
        else if (result.outcome === 'read')
          this.#settle(slot, { ...result, content: contentOf(result.parts, read) });
        else this.#drop(slot, result.outcome === 'unreadable' ? result.reason : undefined);
      }
      this.#options.onDurable(durable);
    } finally {
      credit.release();
    }
  }

  async #readBig(slot: Slot, size = slot.planned.expectedBytes): Promise<void> {
    const result = await readBigFile(slot.planned.location, size, this.#options);
    if (result.outcome === 'read') {
      this.#settle(slot, result);
      if (!result.changedWhileRead) this.#options.onDurable([slot.planned.entry]);
    } else this.#drop(slot, result.outcome === 'unreadable' ? result.reason : undefined);
  }

  #settle(slot: Slot, read: FileContent): void {
    const { report, names } = this.#options;
    const { planned } = slot;
    adoptFacts(planned, read.facts, names);
    planned.entry.size = read.length;
    planned.entry.content = read.content;
    slot.state = 'ready';
    report.filesChanged += 1;
    if (read.changedWhileRead) report.changedWhileRead(displayPath(planned.entry.path));
  }

  /** Vanished (no reason) or not readable. */
  #drop(slot: Slot, reason: string | undefined): void {
    slot.state = 'dropped';
    if (reason !== undefined) this.#options.report.notKept(displayPath(slot.planned.entry.path), reason);
  }

  #drain(): void {
    const isSettled = (slot: Slot): boolean =>
      (slot.sameAs === undefined || this.#adoptLink(slot, slot.sameAs)) && slot.state !== 'waiting';
    this.#waiting.handOn(isSettled, (entry) => this.#options.manifest.push(entry));
  }

  /** False when the slot must now be read by itself: its first name was not, or is another file by now. */
  #adoptLink(slot: Slot, first: Slot): boolean {
    const source = first.planned.entry;
    delete slot.sameAs;
    if (first.state === 'ready' && source.inode === slot.planned.entry.inode) {
      const { size, content, mtimeNs, ctimeNs } = source;
      Object.assign(slot.planned.entry, { size, content, mtimeNs, ctimeNs });
      slot.state = 'ready';
      return true;
    }
    this.#links.set(slot.planned.entry.inode, slot);
    const bytes = slot.planned.expectedBytes;
    this.#run(() => (bytes > BATCH_BYTES ? this.#readBig(slot) : this.#readBatch([slot], bytes)));
    return false;
  }
}

/** Ids of the chunks that an entry's content names. */
function chunksOf({ content }: ManifestEntry): Buffer {
  return Buffer.concat(content.flatMap((part) => ('chunk' in part ? [part.chunk] : [])));
}
