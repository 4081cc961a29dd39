import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isNoSpace, vaultFull } from '@lifeboat/blob-store';
import { invariant, type ClusterId, type PackName } from '@lifeboat/kernel';
import {
  encodePackFooter,
  encodePackHeader,
  FRAME_HEADER_LENGTH,
  KEY_ID_LENGTH,
  PACK_HEADER_LENGTH,
  PackRows,
  type FrameContext,
  type PackTableRow,
} from '@lifeboat/vault-format';
import { syncDirectory } from '@lifeboat/runtime';

/** What a resumed pack holds already. */
export interface OpenPackContent {
  readonly size: number;
  readonly hash: Hash;
  readonly rows: PackRows;
  /** Wrapped session keys in the pack, by hex key id. */
  readonly wrappedKeys: Map<string, Buffer>;
}

/**
 * One append-only file of frames on the server's disk. Nothing in it is ever rewritten but a torn tail; what was
 * appended is on stable storage when `append` resolves. The name (SHA-256 of all bytes) grows along.
 */
export class OpenPack {
  readonly cluster: ClusterId;
  /** Name below the open-packs directory, as the catalog knows it. */
  readonly file: string;
  readonly path: string;
  /** The catalog's number of this pack. */
  readonly id: bigint;
  readonly rows: PackRows;
  readonly wrappedKeys: Map<string, Buffer>;
  readonly #handle: FileHandle;
  readonly #hash: Hash;
  #size: number;

  private constructor(
    place: { cluster: ClusterId; path: string; file: string; id: bigint },
    handle: FileHandle,
    content: OpenPackContent,
  ) {
    this.cluster = place.cluster;
    this.file = place.file;
    this.path = place.path;
    this.id = place.id;
    this.#handle = handle;
    this.#hash = content.hash;
    this.#size = content.size;
    this.rows = content.rows;
    this.wrappedKeys = content.wrappedKeys;
  }

  /** The header is written at once; the directory entry is durable before anything is acknowledged. */
  static async create(
    place: { cluster: ClusterId; directory: string; file: string; id: bigint },
    context: FrameContext,
  ): Promise<OpenPack> {
    const path = join(place.directory, place.file);
    const header = encodePackHeader(context);
    const handle = await open(path, 'wx', 0o600).catch(asVaultFull(place.directory));
    try {
      await writeAll(handle, [header], 0);
      await syncDirectory(dirname(path));
    } catch (thrown) {
      await handle.close();
      return asVaultFull(place.directory)(thrown);
    }
    const content = {
      size: header.length,
      hash: createHash('sha256').update(header),
      rows: new PackRows(),
      wrappedKeys: new Map(),
    };
    return new OpenPack({ ...place, path }, handle, content);
  }

  static async resume(
    place: { cluster: ClusterId; directory: string; file: string; id: bigint },
    content: OpenPackContent,
  ): Promise<OpenPack> {
    const path = join(place.directory, place.file);
    return new OpenPack({ ...place, path }, await open(path, 'r+'), content);
  }

  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#size === PACK_HEADER_LENGTH;
  }

  /** Writes `buffers` (whole frames, with `rows` saying where each one lies) and syncs them. VAULT_FULL when full. */
  async append(buffers: readonly Buffer[], rows: readonly PackTableRow[]): Promise<void> {
    const start = this.#size;
    this.#size += buffers.reduce((sum, each) => sum + each.length, 0);
    try {
      await writeAll(this.#handle, buffers, start);
      const synced = this.#handle.datasync();
      // Hashing needs the CPU, syncing the disk.
      for (const buffer of buffers) this.#hash.update(buffer);
      await synced;
    } catch (thrown) {
      return asVaultFull(this.path)(thrown);
    }
    this.rows.add(rows);
  }

  /** Appends table and footer; from then on the file is a closed pack in all but its place. */
  async finish(
    tableKey: Uint8Array,
    nonce: Uint8Array,
    context: FrameContext,
  ): Promise<{ name: PackName; bytes: number }> {
    invariant(this.rows.count > 0, 'an empty pack is not closed');
    const table = this.rows.seal(tableKey, nonce, context);
    const footer = encodePackFooter({
      tableOffset: this.#size,
      tableLength: table.length,
      frames: this.rows.count,
    });
    await this.append([table, footer], []);
    await this.#handle.close();
    return { name: this.#hash.digest('hex') as PackName, bytes: this.#size };
  }

  /** Lets go of the file without closing the pack: it is recovered by scanning. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }
}

export function keyRow(id: string, offset: number, wrapped: Uint8Array): PackTableRow {
  const bytes = Buffer.from(id, 'hex');
  invariant(bytes.length === KEY_ID_LENGTH, 'a key id has a fixed length');
  const length = FRAME_HEADER_LENGTH + wrapped.length;
  return { kind: 'key', type: 'data', id: bytes, offset, length, rawLength: wrapped.length };
}

async function writeAll(handle: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  let rest = buffers.filter((each) => each.length > 0);
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest, position);
    position += bytesWritten;
    // A short write comes before ENOSPC, which the next one then meets.
    while (rest[0] !== undefined && bytesWritten >= rest[0].length) {
      bytesWritten -= rest[0].length;
      rest = rest.slice(1);
    }
    if (bytesWritten > 0 && rest[0] !== undefined) rest = [rest[0].subarray(bytesWritten), ...rest.slice(1)];
  }
}

function asVaultFull(where: string): (thrown: unknown) => never {
  return (thrown) => {
    throw isNoSpace(thrown) ? vaultFull(where, thrown) : thrown;
  };
}
