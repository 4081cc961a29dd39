import {
  computeChunkId,
  encodeManifestRoot,
  SegmentBuilder,
  summarizeSegment,
  type ManifestEntry,
  type SegmentSummary,
} from '@lifeboat/vault-format';
import type { UploadSession } from './upload-session.ts';

/** Segments offered together: each is about 64 KiB. */
const GROUP_SEGMENTS = 32;
/** Segment bytes that may be on their way before the walk waits. */
const ON_THE_WAY_BYTES = 8 * 1024 * 1024;

interface GivenChunk {
  id: Buffer;
  raw: Buffer;
}

/** Turns entries in path order into segments and a root at the server; an unchanged segment costs its offered id. */
export class ManifestWriter {
  readonly #session: UploadSession;
  readonly #onSegment: (raw: Buffer) => void;
  readonly #builder = new SegmentBuilder();
  readonly #segments: SegmentSummary[] = [];
  readonly #onTheWay = new Set<Promise<void>>();
  #onTheWayBytes = 0;
  #group: GivenChunk[] = [];
  #failure: { error: unknown } | undefined;

  entries = 0;
  contentBytes = 0;

  /** `onSegment` gets each segment's raw bytes in order. */
  constructor(session: UploadSession, onSegment: (raw: Buffer) => void) {
    this.#session = session;
    this.#onSegment = onSegment;
  }

  /** Segment bytes on their way are more than this may be: wait for `room()`. */
  get full(): boolean {
    return this.#onTheWayBytes > ON_THE_WAY_BYTES || this.#failure !== undefined;
  }

  async room(): Promise<void> {
    while (this.full && this.#failure === undefined) await Promise.race(this.#onTheWay);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  push(entry: ManifestEntry): void {
    const segment = this.#builder.push(entry);
    if (segment !== undefined) this.#addSegment(segment);
  }

  /** Everything durable, the root last. Returns the root's chunk id. */
  async finish(): Promise<Buffer> {
    const last = this.#builder.finish();
    if (last !== undefined) this.#addSegment(last);
    this.#sendGroup();
    await Promise.all(this.#onTheWay);
    if (this.#failure !== undefined) throw this.#failure.error;
    const root = { segments: this.#segments, entries: this.entries, contentBytes: this.contentBytes };
    const raw = encodeManifestRoot(root);
    const id = computeChunkId(this.#session.welcome.idKey, 'root', raw);
    await this.#session.perform((connection, attempt) =>
      connection.deliverGiven('root', [{ id, raw }], attempt),
    );
    return id;
  }

  #addSegment(raw: Buffer): void {
    const id = computeChunkId(this.#session.welcome.idKey, 'segment', raw);
    const summary = summarizeSegment(raw);
    this.#segments.push({ chunk: id, ...summary });
    this.entries += summary.entries;
    this.contentBytes += summary.contentBytes;
    this.#onSegment(raw);
    this.#group.push({ id, raw });
    if (this.#group.length >= GROUP_SEGMENTS) this.#sendGroup();
  }

  #sendGroup(): void {
    if (this.#group.length === 0) return;
    const group = this.#group;
    this.#group = [];
    const bytes = group.reduce((sum, { raw }) => sum + raw.length, 0);
    this.#onTheWayBytes += bytes;
    const sending = this.#session
      .perform((connection, attempt) => connection.deliverGiven('segment', group, attempt))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#onTheWayBytes -= bytes;
        this.#onTheWay.delete(sending);
      });
    this.#onTheWay.add(sending);
  }
}
