import { cutLength, isZero, MAX_CHUNK, type GearTable } from '@lifeboat/chunking';
import { CHUNK_ID_LENGTH } from '@lifeboat/kernel';
import { computeChunkId } from '@lifeboat/vault-format';
import { HOLE, type OfferedChunks, type Parts } from './worker-messages.ts';

/** The chunks of one job while the server is asked which it lacks: ranges of one buffer, each id once. */
export class ChunkJob {
  readonly buffer: Buffer;
  readonly connection: number;
  readonly #table: GearTable;
  readonly #idKey: Uint8Array;
  readonly #ids: Buffer[] = [];
  readonly #ranges: { start: number; end: number }[] = [];
  readonly #indexOfId = new Map<string, number>();

  constructor(connection: number, buffer: Buffer, keys: { table: GearTable; idKey: Uint8Array }) {
    this.connection = connection;
    this.buffer = buffer;
    this.#table = keys.table;
    this.#idKey = keys.idKey;
  }

  /**
   * Cuts buffer[start…end) and appends to `parts`. A cut depends on nothing behind it, so every one found before the
   * end holds; unless these bytes are the `final` ones, what reaches the end may be cut elsewhere once more is known.
   * Returns the end of the last chunk.
   */
  cut(parts: Parts, start: number, end: number, final: boolean): number {
    let position = start;
    while (position < end) {
      const length = cutLength(this.#table, this.buffer, position, end);
      if (!final && position + length === end && length < MAX_CHUNK) break;
      this.#add(parts, position, position + length);
      position += length;
    }
    return position;
  }

  offered(bytesRead: number): OfferedChunks {
    // Memory of its own: of a piece of Node's pool, all 64 KiB would be copied to the main thread.
    const ids = Buffer.allocUnsafeSlow(this.#ids.length * CHUNK_ID_LENGTH);
    this.#ids.forEach((id, index) => ids.set(id, index * CHUNK_ID_LENGTH));
    return {
      ids,
      lengths: this.#ranges.map((range) => range.end - range.start),
      bytesRead,
    };
  }

  chunk(index: number): { id: Buffer; raw: Buffer } {
    const range = this.#ranges[index];
    const id = this.#ids[index];
    if (range === undefined || id === undefined) throw new RangeError(`no chunk ${index} in this job`);
    return { id, raw: this.buffer.subarray(range.start, range.end) };
  }

  #add(parts: Parts, start: number, end: number): void {
    if (isZero(this.buffer, start, end)) {
      appendHole(parts, end - start);
      return;
    }
    const id = computeChunkId(this.#idKey, 'data', this.buffer.subarray(start, end));
    const text = id.toString('latin1');
    let index = this.#indexOfId.get(text);
    if (index === undefined) {
      index = this.#ids.push(id) - 1;
      this.#ranges.push({ start, end });
      this.#indexOfId.set(text, index);
    }
    parts.push(index, end - start);
  }
}

/** Neighbouring holes become one. */
export function appendHole(parts: Parts, length: number): void {
  if (parts.at(-2) === HOLE) parts.push((parts.pop() as number) + length);
  else parts.push(HOLE, length);
}
