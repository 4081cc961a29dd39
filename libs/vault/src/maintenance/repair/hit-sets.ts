import { CHUNK_ID_LENGTH, isBreach, systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import type { CaptureRecord, SetDocument } from '@lifeboat/model';
import type { SegmentSummary } from '@lifeboat/vault-format';
import type { ReadParts } from '../../parts.ts';
import { readManifestRoot, readSegments } from '../../read/read-manifest.ts';
import type { HitTree } from './repair-report.ts';

/** Paths told of one tree; all are counted. */
const PATHS = 20;
const IDS_AT_ONCE = 4096;

/** The places in `ids` of chunks that cannot be read. */
export type MissingAmong = (cluster: ClusterId, ids: Buffer) => Promise<readonly number[]>;

export interface Hit {
  readonly trees: readonly HitTree[];
  /** Hex ids of what it lacks; manifests that cannot be read hide what they name. */
  readonly missing: ReadonlySet<string>;
}

/** The files of a set whose bytes are not all there. */
export async function hitOf(
  parts: ReadParts,
  { cluster, captures }: SetDocument,
  missingAmong: MissingAmong,
): Promise<Hit> {
  const trees: HitTree[] = [];
  const missing = new Set<string>();
  for (const capture of captures) {
    const tree = new TreeHit(parts, cluster.id as ClusterId, missingAmong, missing);
    const hit = await tree.read(capture);
    if (hit.files > 0) trees.push({ node: capture.node, tree: capture.tree, ...hit });
  }
  return { trees, missing };
}

/** One tree, segment by segment. */
class TreeHit {
  readonly #parts: ReadParts;
  readonly #cluster: ClusterId;
  readonly #missingAmong: MissingAmong;
  readonly #missing: Set<string>;
  #files = 0;
  readonly #paths: string[] = [];

  constructor(parts: ReadParts, cluster: ClusterId, missingAmong: MissingAmong, missing: Set<string>) {
    this.#parts = parts;
    this.#cluster = cluster;
    this.#missingAmong = missingAmong;
    this.#missing = missing;
  }

  async read({ root, entries }: CaptureRecord): Promise<Pick<HitTree, 'files' | 'paths'>> {
    const manifest = await orUnreadable(
      readManifestRoot(this.#parts, this.#cluster, Buffer.from(root, 'hex')),
    );
    if (manifest === undefined) {
      this.#missing.add(root);
      return { files: Math.max(entries, 1), paths: [] };
    }
    for (const segment of manifest.segments) {
      if ((await orUnreadable(this.#readSegment(segment).then(() => true))) !== undefined) continue;
      this.#missing.add(segment.chunk.toString('hex'));
      this.#add(segment.firstPath, segment.entries);
    }
    return { files: this.#files, paths: this.#paths };
  }

  async #readSegment(segment: SegmentSummary): Promise<void> {
    for await (const { entries } of readSegments(this.#parts, this.#cluster, [segment])) {
      let named: { readonly path: Buffer; readonly id: Buffer }[] = [];
      for (const { path, content } of entries) {
        for (const part of content) if ('chunk' in part) named.push({ path, id: part.chunk });
        if (named.length < IDS_AT_ONCE) continue;
        await this.#look(named);
        named = [];
      }
      await this.#look(named);
    }
  }

  async #look(named: readonly { readonly path: Buffer; readonly id: Buffer }[]): Promise<void> {
    if (named.length === 0) return;
    const ids = Buffer.concat(
      named.map(({ id }) => id),
      named.length * CHUNK_ID_LENGTH,
    );
    let last: Buffer | undefined;
    for (const place of await this.#missingAmong(this.#cluster, ids)) {
      const { path, id } = named[place]!;
      this.#missing.add(id.toString('hex'));
      if (last === undefined || !path.equals(last)) this.#add(path, 1);
      last = path;
    }
  }

  #add(path: Buffer, files: number): void {
    this.#files += files;
    if (this.#paths.length < PATHS) this.#paths.push(path.toString('utf8'));
  }
}

async function orUnreadable<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((thrown: unknown) => {
    const isGone = ['CHUNK_MISSING', 'BLOB_NOT_FOUND'].includes(systemCodeOf(thrown) ?? '');
    if (!isGone && !isBreach(thrown)) throw thrown;
    return undefined;
  });
}
