import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { LocatedChunk } from '@lifeboat/catalog';
import { CHUNK_ID_LENGTH, invariant, type PackName } from '@lifeboat/kernel';
import type { PackTableRow } from '@lifeboat/vault-format';
import { CHUNK_TYPE_NUMBER } from '../pack/chunk-type-number.ts';

/** SQLite's own page cache, the only memory that this takes: in KiB, negative as `pragma cache_size` wants it. */
const CACHE = -65_536;

interface PlaceRow {
  readonly type: number;
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
  readonly rawLength: number;
}

/**
 * Where the chunks of one cluster lie, when no catalog says it: a private SQLite database in a temporary file that is
 * gone with the process. Memory is bounded whatever the vault holds (64 MiB of cache and the rows of one pack); the disk of
 * SQLITE_TMPDIR or /tmp takes about 100 bytes a chunk, 2 GB for 20 million.
 */
export class ChunkIndex {
  readonly #database = new DatabaseSync('');
  readonly #packs: PackName[] = [];
  #chunks = 0;
  readonly #insert: StatementSync;
  #find: StatementSync | undefined;

  constructor() {
    this.#database.exec(`
      pragma journal_mode = off;
      pragma synchronous = off;
      pragma cache_size = ${CACHE};
      create table chunk (id blob, type int, pack int, offset int, length int, rawLength int);
      begin`);
    this.#insert = this.#database.prepare('insert into chunk values (?, ?, ?, ?, ?, ?)');
  }

  add(name: PackName, rows: readonly PackTableRow[]): void {
    const pack = this.#packs.push(name) - 1;
    for (const { kind, id, type, offset, length, rawLength } of rows) {
      if (kind !== 'chunk') continue;
      this.#insert.run(id, CHUNK_TYPE_NUMBER[type], pack, offset, length, rawLength);
      this.#chunks += 1;
    }
  }

  /** Frames of chunks that were added. */
  get chunks(): number {
    return this.#chunks;
  }

  /** All packs have been added: ids are sorted now, once, instead of at each insertion. */
  finish(): void {
    this.#database.exec('commit; create index chunk_id on chunk (id)');
    this.#find = this.#database.prepare(
      'select type, pack, offset, length, rawLength from chunk where id = ? limit 1',
    );
  }

  /** In the order of `ids` (33 bytes each); undefined where no pack has the chunk. */
  locate(ids: Buffer): (LocatedChunk | undefined)[] {
    return Array.from({ length: ids.length / CHUNK_ID_LENGTH }, (_, index) =>
      this.#locate(ids.subarray(index * CHUNK_ID_LENGTH, (index + 1) * CHUNK_ID_LENGTH)),
    );
  }

  close(): void {
    this.#database.close();
  }

  #locate(id: Buffer): LocatedChunk | undefined {
    invariant(this.#find !== undefined, 'an index is finished before it is asked');
    const row = this.#find.get(id) as PlaceRow | undefined;
    if (row === undefined) return undefined;
    return { ...row, id, pack: BigInt(row.pack), packName: this.#packs[row.pack]!, packFile: null };
  }
}
