import { readFileSync } from 'node:fs';
import { EventEmitter } from 'node:events';
import { native, walk } from '@lifeboat/file-tree';
import { isZero } from '@lifeboat/chunking';
import {
  computeChunkId,
  decodeSegment,
  encodeManifestRoot,
  SegmentBuilder,
  type ContentPart,
  type ManifestEntry,
  type SegmentSummary,
} from '@lifeboat/vault-format';
import type { DownloadRequest, DownloadResponse } from '@lifeboat/wire';
import type { DownloadCall } from './download-call.ts';

const PIECE = 16 * 1024;

/** Chunks in memory, and the server's side of Download over them: for tests of the agent half. */
export class MemoryVault {
  readonly idKey = Buffer.alloc(32, 7);
  readonly chunks = new Map<string, Buffer>();
  /** Chunks sent so far. */
  sent = 0;
  calls = 0;
  /** The call breaks off after this many chunks (counted per call); undefined: never. */
  breakAfter: number | undefined;

  put(type: 'data' | 'segment' | 'root', bytes: Buffer): Buffer {
    const id = computeChunkId(this.idKey, type, bytes);
    this.chunks.set(id.toString('hex'), Buffer.from(bytes));
    return id;
  }

  /** Captures a real directory. */
  capture(root: string, excludes: string[] = []): Buffer {
    return this.seal([...this.entriesOf(root, excludes)]);
  }

  *entriesOf(root: string, excludes: string[] = []): Generator<ManifestEntry> {
    for (const { path, location, type, stat, linkTarget } of walk(root, { excludes })) {
      const at = Buffer.from(location, 'latin1');
      yield {
        path,
        type,
        mode: Number(stat.mode & 0o7777n),
        uid: Number(stat.uid),
        gid: Number(stat.gid),
        mtimeNs: stat.mtimeNs,
        ctimeNs: stat.ctimeNs,
        size: type === 'file' ? Number(stat.size) : 0,
        inode: stat.ino,
        ...(type === 'file' && stat.nlink > 1n ? { linkGroup: stat.ino } : {}),
        ...(linkTarget === undefined ? {} : { linkTarget }),
        content: type === 'file' ? this.#cut(readFileSync(at)) : [],
        ...(native.available ? { xattrs: native.lgetxattrs(at) } : {}),
      };
    }
  }

  seal(entries: readonly ManifestEntry[]): Buffer {
    const builder = new SegmentBuilder();
    const segments: SegmentSummary[] = [];
    const keep = (segment: Buffer | undefined): void => {
      if (segment === undefined) return;
      const inside = [...decodeSegment(segment)];
      const contentBytes = inside.reduce((sum, entry) => sum + entry.size, 0);
      const firstPath = inside[0]?.path ?? Buffer.alloc(0);
      segments.push({
        chunk: this.put('segment', segment),
        firstPath,
        entries: inside.length,
        contentBytes,
        length: segment.length,
      });
    };
    for (const entry of entries) keep(builder.push(entry));
    keep(builder.finish());
    const contentBytes = segments.reduce((sum, segment) => sum + segment.contentBytes, 0);
    return this.put('root', encodeManifestRoot({ segments, entries: entries.length, contentBytes }));
  }

  readonly open = (): DownloadCall => {
    this.calls += 1;
    return new MemoryCall(this);
  };

  #cut(bytes: Buffer): ContentPart[] {
    const parts: ContentPart[] = [];
    for (let start = 0; start < bytes.length; start += PIECE) {
      const end = Math.min(start + PIECE, bytes.length);
      const last = parts.at(-1);
      if (!isZero(bytes, start, end))
        parts.push({ chunk: this.put('data', bytes.subarray(start, end)), length: end - start });
      else if (last !== undefined && 'hole' in last) last.hole += end - start;
      else parts.push({ hole: end - start });
    }
    return parts;
  }
}

/** Answers as the contract says, and minds its limits. */
class MemoryCall extends EventEmitter implements DownloadCall {
  readonly #vault: MemoryVault;
  #sentHere = 0;
  #isOver = false;

  constructor(vault: MemoryVault) {
    super();
    this.#vault = vault;
  }

  write({ message }: DownloadRequest): boolean {
    if (message?.$case === 'open') this.#answer({ $case: 'opened', value: {} });
    if (message?.$case === 'want') this.#want(message.value.sequence, message.value.chunkIds);
    return true;
  }

  end(): void {
    this.#isOver = true;
  }

  cancel(): void {
    this.#isOver = true;
  }

  #want(sequence: bigint, ids: Buffer): void {
    const count = ids.length / 33;
    if (!Number.isInteger(count) || count > 1024) throw new Error('a want beyond the contract');
    // Backwards: they may come in any order.
    for (let index = count - 1; index >= 0; index -= 1) {
      const data = this.#vault.chunks.get(ids.toString('hex', index * 33, index * 33 + 33));
      if (data === undefined) continue;
      const [indexes, lengths] = [[index], [data.length]];
      this.#answer({ $case: 'chunks', value: { sequence, indexes, lengths, rawLengths: lengths, data } });
    }
    this.#answer({ $case: 'wantDone', value: { sequence } });
  }

  #answer(message: NonNullable<DownloadResponse['message']>): void {
    setImmediate(() => {
      if (this.#isOver) return;
      if (message.$case === 'chunks') {
        this.#vault.sent += 1;
        this.#sentHere += 1;
        if (this.#vault.breakAfter !== undefined && this.#sentHere > this.#vault.breakAfter) {
          this.#isOver = true;
          this.emit('error', Object.assign(new Error('connection reset'), { code: 14 }));
          return;
        }
      }
      this.emit('data', { message });
    });
  }
}
