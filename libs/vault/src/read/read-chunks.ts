import type { LocatedChunk } from '@lifeboat/catalog';
import { CHUNK_ID_LENGTH, invariant, LifeboatError, systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import { BufferPool } from '@lifeboat/runtime/buffer-pool';
import { decodeFrameHeader, packedLength, unsealFrame, type FrameHeader } from '@lifeboat/vault-format';
import { closedPackBytes, openPackBytes, type PackBytes } from '../pack/pack-bytes.ts';
import type { ReadParts } from '../parts.ts';
import { damaged, openVerified, orDamaged, type Place } from './open-verified.ts';
import { sessionKeyOf } from './pack-keys.ts';

/** One read covers neighbours: what lies between two wanted frames is cheaper to read than to skip. */
const READ_BYTES = 4 * 1024 * 1024;
const GAP_BYTES = 128 * 1024;
const buffers = new BufferPool(READ_BYTES, 4);
/** Where a chunk lies may change between look and read; not again and again. */
const LOOKS = 3;

/** `index` is the chunk's place in the list asked for. */
export type OnChunk = (index: number, raw: Buffer) => Promise<void> | void;
export type OnSealedChunk = (index: number, chunk: SealedChunk) => Promise<void> | void;

/** A chunk as it lies in its pack, and a way to decrypt it where it is needed. */
export interface SealedChunk {
  /** Bytes once decrypted: raw, or one zstd frame, which is always shorter than `rawLength`. */
  readonly length: number;
  readonly rawLength: number;
  /** Writes them to the begin of `target`. FORMAT_DAMAGED names pack and offset. */
  unseal(target: Buffer): void;
}

/** Reads frames and makes something of each. */
interface FrameReader<T> {
  readonly parts: ReadParts;
  readonly cluster: ClusterId;
  readonly open: (frame: Buffer, key: Uint8Array, place: Place, header: FrameHeader) => T;
}

interface Wanted {
  readonly index: number;
  readonly id: Buffer;
  readonly place: LocatedChunk;
}

/** Neighbouring frames of one pack, in order of offset. */
interface Stretch {
  readonly wanted: readonly Wanted[];
  readonly offset: number;
  readonly length: number;
}

/**
 * Every chunk of `ids` (33 bytes each), decrypted and re-identified, in the order in which they lie in the packs.
 * CHUNK_MISSING, FORMAT_DAMAGED (naming pack and offset).
 */
export async function readChunks(
  parts: ReadParts,
  cluster: ClusterId,
  ids: Buffer,
  onChunk: OnChunk,
): Promise<void> {
  const idKey = parts.keys.idKey(cluster);
  const open = (frame: Buffer, key: Uint8Array, place: Place): Buffer =>
    openVerified(frame, key, idKey, place).raw;
  await readFrames({ parts, cluster, open }, ids, onChunk);
}

/**
 * The same, still sealed: they are those that were sealed under this id, and whoever expands them has to see whether
 * they are that chunk.
 */
export async function readSealedChunks(
  parts: ReadParts,
  cluster: ClusterId,
  ids: Buffer,
  onChunk: OnSealedChunk,
): Promise<void> {
  const open: FrameReader<SealedChunk>['open'] = (frame, key, place, header) => ({
    length: packedLength(header),
    rawLength: header.rawLength,
    unseal: (target) => void orDamaged(place, () => unsealFrame(frame, key, target)),
  });
  await readFrames({ parts, cluster, open }, ids, onChunk);
}

async function readFrames<T>(
  reader: FrameReader<T>,
  ids: Buffer,
  onChunk: (index: number, chunk: T) => Promise<void> | void,
): Promise<void> {
  invariant(ids.length % CHUNK_ID_LENGTH === 0, 'chunk ids are whole');
  const stretches = stretchesOf(await locateAll(reader, ids));
  // The next stretch is read while this one is decrypted and handed over.
  let ahead = stretches[0] === undefined ? undefined : startReading(reader, stretches[0]);
  for (const [at, stretch] of stretches.entries()) {
    const read = await orGone(ahead as Promise<StretchBytes>);
    const following = stretches[at + 1];
    ahead = following === undefined ? undefined : startReading(reader, following);
    for (const wanted of stretch.wanted) {
      const chunk = read && (await orGone(openWanted(reader, read, stretch.offset, wanted)));
      await onChunk(wanted.index, chunk ?? (await readAgain(reader, wanted.id)));
    }
    if (read !== undefined) buffers.give(read.memory);
  }
}

/** Undefined when the pack is not there any more: a prune has put what is needed of it elsewhere. */
async function orGone<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((thrown: unknown) => {
    if (systemCodeOf(thrown) !== 'BLOB_NOT_FOUND') throw thrown;
    return undefined;
  });
}

/** Looks anew where the chunk lies, alone: packs are deleted seldom. */
async function readAgain<T>(reader: FrameReader<T>, id: Buffer): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const [wanted] = await locateAll(reader, id);
    const [stretch] = stretchesOf([wanted!]);
    try {
      const read = await readStretch(reader, stretch!, Buffer.allocUnsafe(stretch!.length));
      return await openWanted(reader, read, stretch!.offset, wanted!);
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'BLOB_NOT_FOUND' || attempt === LOOKS) throw thrown;
    }
  }
}

async function openWanted<T>(
  { parts, cluster, open }: FrameReader<T>,
  { pack, openFile, bytes }: StretchBytes,
  begin: number,
  { id, place: { offset, length } }: Wanted,
): Promise<T> {
  const place = { label: pack.label, offset };
  const frame = bytes.subarray(offset - begin, offset - begin + length);
  if (frame.length < length) throw damaged(place, 'it ends before the chunk does');
  const header = headerOf(frame, place);
  const { kind, keyId, chunkId } = header;
  if (kind !== 'chunk' || !chunkId.equals(id))
    throw damaged(place, 'another frame lies where the chunk should be');
  const key = await sessionKeyOf(parts, cluster, pack, openFile, keyId.toString('hex'));
  return open(frame, key, place, header);
}

async function locateAll(
  { parts, cluster }: Pick<FrameReader<unknown>, 'parts' | 'cluster'>,
  ids: Buffer,
): Promise<Wanted[]> {
  const located = await parts.locate(cluster, ids);
  return located.map((place, index) => {
    const id = ids.subarray(index * CHUNK_ID_LENGTH, (index + 1) * CHUNK_ID_LENGTH);
    if (place === undefined) {
      throw new LifeboatError('CHUNK_MISSING', `chunk ${id.toString('hex')} is not in the vault`, {
        guidance: 'Run "lifeboat vault check"; if the catalog was lost, run "lifeboat vault reindex".',
      });
    }
    return { index, id, place };
  });
}

function stretchesOf(wanted: readonly Wanted[]): Stretch[] {
  const ordered = wanted.toSorted((a, b) =>
    a.place.pack === b.place.pack ? a.place.offset - b.place.offset : a.place.pack < b.place.pack ? -1 : 1,
  );
  const stretches: { wanted: Wanted[]; offset: number; length: number }[] = [];
  for (const each of ordered) {
    const last = stretches.at(-1);
    const end = each.place.offset + each.place.length;
    const joins =
      last !== undefined &&
      last.wanted[0]?.place.pack === each.place.pack &&
      each.place.offset - (last.offset + last.length) <= GAP_BYTES &&
      end - last.offset <= READ_BYTES;
    if (!joins) stretches.push({ wanted: [each], offset: each.place.offset, length: each.place.length });
    else {
      last.wanted.push(each);
      last.length = Math.max(last.length, end - last.offset);
    }
  }
  return stretches;
}

interface StretchBytes {
  readonly pack: PackBytes;
  readonly openFile: string | null;
  readonly bytes: Buffer;
  /** Where they most likely lie. */
  readonly memory: Buffer;
}

function startReading(reader: FrameReader<unknown>, stretch: Stretch): Promise<StretchBytes> {
  const reading = readStretch(reader, stretch, buffers.take(stretch.length));
  // Awaited later; until then a failure must not count as unhandled.
  reading.catch(() => undefined);
  return reading;
}

async function readStretch(
  { parts, cluster }: Pick<FrameReader<unknown>, 'parts' | 'cluster'>,
  stretch: Stretch,
  memory: Buffer,
): Promise<StretchBytes> {
  const first = stretch.wanted[0];
  invariant(first !== undefined, 'a stretch is not empty');
  const read = async (pack: PackBytes, openFile: string | null): Promise<StretchBytes> => ({
    pack,
    openFile,
    bytes: await pack.read(stretch.offset, stretch.length, memory),
    memory,
  });
  const { packFile } = first.place;
  try {
    return await read(packOf(parts, first.place), packFile);
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'BLOB_NOT_FOUND' || packFile === null) throw thrown;
    // The pack was moved into the store since it was located; the catalog may not say so yet, the intent does.
    const name = await parts.openPacks?.intendedName(packFile);
    if (name !== undefined) return read(closedPackBytes(parts.store, name), null);
    const [again] = await parts.locate(cluster, first.id);
    if (again === undefined || again.pack !== first.place.pack) throw thrown;
    return read(packOf(parts, again), again.packFile);
  }
}

function packOf(parts: ReadParts, place: LocatedChunk): PackBytes {
  if (place.packName !== null) return closedPackBytes(parts.store, place.packName);
  invariant(place.packFile !== null && parts.openPacks !== undefined, 'a pack has a name or a file');
  return openPackBytes(parts.openPacks.path(place.packFile), place.packFile);
}

function headerOf(frame: Buffer, place: Place): FrameHeader {
  try {
    return decodeFrameHeader(frame);
  } catch (thrown) {
    throw damaged(place, 'its frame header cannot be read', thrown);
  }
}
