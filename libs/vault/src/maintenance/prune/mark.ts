import { MAX_IDS, type PruneSession } from '@lifeboat/catalog';
import { isBreach, messageOf, systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import type { SegmentSummary } from '@lifeboat/vault-format';
import type { ReadParts } from '../../parts.ts';
import { readManifestRoot, readSegments } from '../../read/read-manifest.ts';

/** Segments whose marks are asked for at once; each has at most 1 MiB. */
const SEGMENTS_AT_ONCE = 256;

/**
 * Marks everything that a manifest names. What carries a mark has all that it names marked before: a manifest or
 * segment that was marked is not read again, and one whose reading broke off is not marked.
 */
export class Marker {
  readonly #parts: ReadParts;
  readonly #session: PruneSession;
  readonly #signal: AbortSignal;

  constructor(parts: ReadParts, session: PruneSession, signal: AbortSignal) {
    this.#parts = parts;
    this.#session = session;
    this.#signal = signal;
  }

  /** Of a set: what cannot be read ends the prune, for then nobody knows what the set needs. */
  async markRoot(cluster: ClusterId, root: Buffer): Promise<void> {
    if ((await this.#session.unmarked(cluster, root)).length === 0) return;
    const { segments } = await readManifestRoot(this.#parts, cluster, root);
    for (let start = 0; start < segments.length; start += SEGMENTS_AT_ONCE) {
      await this.#markSegments(cluster, segments.slice(start, start + SEGMENTS_AT_ONCE));
    }
    await this.#session.mark(cluster, root);
  }

  /** A base is a help to nodes, and no promise to anyone: one that cannot be read is dropped. */
  async markBase(cluster: ClusterId, root: Buffer): Promise<void> {
    try {
      await this.markRoot(cluster, root);
    } catch (thrown) {
      if (!saysUnreadable(thrown)) throw thrown;
      const base = root.toString('hex');
      this.#parts.log.warn({ cluster, base, reason: messageOf(thrown) }, 'a base cannot be read; dropped');
      await this.#session.dropBase(cluster, root);
    }
  }

  async #markSegments(cluster: ClusterId, segments: readonly SegmentSummary[]): Promise<void> {
    this.#signal.throwIfAborted();
    const ids = Buffer.concat(segments.map(({ chunk }) => chunk));
    const places = await this.#session.unmarked(cluster, ids);
    const fresh = places.map((place) => segments[place]!);
    let named: Buffer[] = [];
    const flush = async (): Promise<void> => {
      for (let start = 0; start < named.length; start += MAX_IDS)
        await this.#session.mark(cluster, Buffer.concat(named.slice(start, start + MAX_IDS)));
      named = [];
    };
    for await (const { entries } of readSegments(this.#parts, cluster, fresh)) {
      for (const { content } of entries)
        for (const part of content) if ('chunk' in part) named.push(part.chunk);
      if (named.length >= MAX_IDS) await flush();
    }
    await flush();
    if (fresh.length > 0) await this.#session.mark(cluster, Buffer.concat(fresh.map(({ chunk }) => chunk)));
  }
}

function saysUnreadable(thrown: unknown): boolean {
  if (isBreach(thrown)) return true;
  return ['CHUNK_MISSING', 'BLOB_NOT_FOUND'].includes(systemCodeOf(thrown) ?? '');
}
