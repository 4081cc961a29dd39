import { LifeboatError } from '@lifeboat/kernel';
import { MAX_RAW_LENGTH, type PackedChunk } from '@lifeboat/vault-format';
import type { Chunks } from '@lifeboat/wire';

/** The chunks of one message, judged: what a wrong number in it could do ends here. */
export interface ArrivedChunks {
  /** Places in the list that was asked for. */
  readonly indexes: readonly number[];
  readonly lengths: readonly number[];
  readonly rawLengths: readonly number[];
  /** The bytes of all, one chunk behind the other; of `lengths`. */
  readonly data: Buffer;
}

/** `asked`: what the want asked for, as places in the whole list. PROTOCOL_BREACH. */
export function arrivedChunks(message: Chunks, asked: readonly number[]): ArrivedChunks {
  const { lengths, rawLengths, data } = message;
  const count = message.indexes.length;
  if (lengths.length !== count || rawLengths.length !== count) throw breach('chunks without their lengths');
  const indexes = message.indexes.map((index) => {
    const place = asked[index];
    if (place === undefined) throw breach('a chunk outside its want');
    return place;
  });
  let bytes = 0;
  for (const [at, length] of lengths.entries()) {
    const rawLength = rawLengths[at] as number;
    if (length > rawLength || rawLength > MAX_RAW_LENGTH) throw breach('a chunk of an impossible length');
    bytes += length;
  }
  if (bytes !== data.length) throw breach('chunks that are not as long as they say');
  return { indexes, lengths, rawLengths, data };
}

export function* eachChunk({
  indexes,
  lengths,
  rawLengths,
  data,
}: ArrivedChunks): Generator<PackedChunk & { readonly index: number }> {
  let start = 0;
  for (const [at, index] of indexes.entries()) {
    const end = start + (lengths[at] as number);
    yield { index, packed: data.subarray(start, end), rawLength: rawLengths[at] as number };
    start = end;
  }
}

export function breach(what: string): LifeboatError {
  return new LifeboatError('PROTOCOL_BREACH', `download: ${what}`);
}
