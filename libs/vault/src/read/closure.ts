import { CHUNK_ID_LENGTH, LifeboatError, messageOf, systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import type { ManifestEntry, SegmentSummary } from '@lifeboat/vault-format';
import type { ReadParts } from '../parts.ts';
import { readManifestRoot, readSegments } from './read-manifest.ts';

const IDS_AT_ONCE = 4096;

export interface Closure {
  /** Content chunks named, each as often as it is named. */
  readonly chunks: number;
  /** Bytes of the files. */
  readonly bytes: number;
}

/** The place in `ids` of a chunk that lies in no durable pack; undefined: each does. */
export type FindMissing = (cluster: ClusterId, ids: Buffer) => Promise<number | undefined>;

interface Named {
  readonly id: Buffer;
  readonly entry: ManifestEntry;
}

/**
 * Proves that everything the manifests name lies in durable packs, and takes off what tombstones it carries. Segments
 * found closed before are not read again: nothing gets a tombstone or is deleted while this process runs without
 * `forget` being called.
 */
export class ClosureCheck {
  readonly #parts: ReadParts;
  readonly #findMissing: FindMissing;
  /** Hex id of a segment -> content chunks it names. A new one when what was found before counts no more. */
  #closed = new Map<string, number>();

  constructor(parts: ReadParts, findMissing: FindMissing) {
    this.#parts = parts;
    this.#findMissing = findMissing;
  }

  /** A pack was poisoned or deleted, or chunks got tombstones. What a check under way finds is not kept then. */
  forget(): void {
    this.#closed = new Map();
  }

  /** CLOSURE_BROKEN names the tree's root and the first file whose bytes are not there. */
  async assert(cluster: ClusterId, roots: readonly Buffer[]): Promise<Closure> {
    let chunks = 0;
    let bytes = 0;
    for (const root of roots) {
      const segments = await this.#segmentsOf(cluster, root);
      bytes += segments.reduce((sum, segment) => sum + segment.contentBytes, 0);
      chunks += await this.#assertSegments(cluster, root, segments);
    }
    return { chunks, bytes };
  }

  async #segmentsOf(cluster: ClusterId, root: Buffer): Promise<readonly SegmentSummary[]> {
    const { segments } = await asBroken(
      root,
      'its manifest root',
      readManifestRoot(this.#parts, cluster, root),
    );
    const ids = Buffer.concat(segments.map((segment) => segment.chunk));
    const missing = segments[(await this.#findMissing(cluster, ids)) ?? segments.length];
    if (missing !== undefined)
      throw broken(root, `the manifest segment that begins at ${text(missing.firstPath)}`);
    return segments;
  }

  async #assertSegments(
    cluster: ClusterId,
    root: Buffer,
    segments: readonly SegmentSummary[],
  ): Promise<number> {
    const closed = this.#closed;
    const known = (segment: SegmentSummary): number | undefined => closed.get(segment.chunk.toString('hex'));
    const unknown = segments.filter((segment) => known(segment) === undefined);
    const counts = await this.#assertUnknown(cluster, root, unknown);
    for (const [id, count] of counts) closed.set(id, count);
    return segments.reduce((sum, segment) => sum + known(segment)!, 0);
  }

  /** Asks for some thousand chunks of several segments at once, and decodes the next ones meanwhile. */
  async #assertUnknown(
    cluster: ClusterId,
    root: Buffer,
    segments: readonly SegmentSummary[],
  ): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    let named: Named[] = [];
    let asked = Promise.resolve();
    const ask = async (): Promise<void> => {
      await asked;
      asked = this.#assertNamed(cluster, root, named);
      // Awaited later; until then a failure must not count as unhandled.
      asked.catch(() => undefined);
      named = [];
    };
    const reading = readSegments(this.#parts, cluster, segments);
    for (;;) {
      const next = await asBroken(root, 'a manifest segment', reading.next());
      if (next.done === true) break;
      const { summary, entries } = next.value;
      let count = 0;
      for (const entry of entries) {
        for (const part of entry.content) {
          if (!('chunk' in part)) continue;
          named.push({ id: part.chunk, entry });
          count += 1;
        }
        if (named.length >= IDS_AT_ONCE) await ask();
      }
      counts.set(summary.chunk.toString('hex'), count);
    }
    await ask();
    await asked;
    return counts;
  }

  async #assertNamed(cluster: ClusterId, root: Buffer, named: readonly Named[]): Promise<void> {
    const ids = Buffer.concat(
      named.map(({ id }) => id),
      named.length * CHUNK_ID_LENGTH,
    );
    const missing = named[(await this.#findMissing(cluster, ids)) ?? named.length];
    if (missing !== undefined)
      throw broken(root, `chunk ${missing.id.toString('hex')} of file ${text(missing.entry.path)}`);
  }
}

/** A manifest that cannot be read breaks closure just as a missing chunk does; the catalog's own trouble does not. */
async function asBroken<T>(root: Buffer, what: string, reading: Promise<T>): Promise<T> {
  return reading.catch((thrown: unknown) => {
    const unreadable = [
      'CHUNK_MISSING',
      'FORMAT_DAMAGED',
      'DECRYPTION_FAILED',
      'BLOB_NOT_FOUND',
      'CLOSURE_BROKEN',
    ];
    if (systemCodeOf(thrown) === 'CLOSURE_BROKEN' || !unreadable.includes(systemCodeOf(thrown) ?? ''))
      throw thrown;
    throw broken(root, `${what} (${messageOf(thrown)})`, thrown);
  });
}

function broken(root: Buffer, what: string, cause?: unknown): LifeboatError {
  return new LifeboatError('CLOSURE_BROKEN', `the tree with root ${root.toString('hex')} lacks ${what}`, {
    guidance: 'The set was not sealed. Take it again: what is missing is asked for anew.',
    cause,
  });
}

/** Names are bytes; people want text. */
function text(path: Buffer): string {
  return JSON.stringify(path.toString('utf8'));
}
