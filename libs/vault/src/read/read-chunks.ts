import type { LocatedChunk } from '@lifeboat/catalog';
import { CHUNK_ID_LENGTH, invariant, LifeboatError, systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import { decodeFrameHeader } from '@lifeboat/vault-format';
import { closedPackBytes, openPackBytes, type PackBytes } from '../pack/pack-bytes.ts';
import type { ReadParts } from '../parts.ts';
import { damaged, openVerified } from './open-verified.ts';
import { sessionKeyOf } from './pack-keys.ts';

/** One read covers neighbours: what lies between two wanted frames is cheaper to read than to skip. */
const READ_BYTES = 8 * 1024 * 1024;
const GAP_BYTES = 128 * 1024;
/** Where a chunk lies may change between look and read; not again and again. */
const LOOKS = 3;

/** `index` is the chunk's place in the list asked for. */
export type OnChunk = (index: number, raw: Buffer) => Promise<void> | void;

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
  invariant(ids.length % CHUNK_ID_LENGTH === 0, 'chunk ids are whole');
  const stretches = stretchesOf(await locateAll(parts, cluster, ids));
  const idKey = parts.keys.idKey(cluster);
  // The next stretch is read while this one is decrypted and handed over.
  let ahead = stretches[0] === undefined ? undefined : startReading(parts, cluster, stretches[0]);
  for (const [at, stretch] of stretches.entries()) {
    const read = await orGone(ahead as Promise<StretchBytes>);
    const following = stretches[at + 1];
    ahead = following === undefined ? undefined : startReading(parts, cluster, following);
    for (const wanted of stretch.wanted) {
      const raw = read && (await orGone(openWanted(parts, cluster, idKey, read, stretch.offset, wanted)));
      await onChunk(wanted.index, raw ?? (await readAgain(parts, cluster, idKey, wanted.id)));
    }
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
async function readAgain(
  parts: ReadParts,
  cluster: ClusterId,
  idKey: Uint8Array,
  id: Buffer,
): Promise<Buffer> {
  for (let attempt = 1; ; attempt += 1) {
    const [wanted] = await locateAll(parts, cluster, id);
    const [stretch] = stretchesOf([wanted!]);
    try {
      const read = await readStretch(parts, cluster, stretch!);
      return await openWanted(parts, cluster, idKey, read, stretch!.offset, wanted!);
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'BLOB_NOT_FOUND' || attempt === LOOKS) throw thrown;
    }
  }
}

async function openWanted(
  parts: ReadParts,
  cluster: ClusterId,
  idKey: Uint8Array,
  { pack, openFile, bytes }: StretchBytes,
  begin: number,
  { id, place: { offset, length } }: Wanted,
): Promise<Buffer> {
  const frame = bytes.subarray(offset - begin, offset - begin + length);
  return openChunk(parts, cluster, idKey, { pack, openFile, frame, id, offset, length });
}

async function locateAll(parts: ReadParts, cluster: ClusterId, ids: Buffer): Promise<Wanted[]> {
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
}

function startReading(parts: ReadParts, cluster: ClusterId, stretch: Stretch): Promise<StretchBytes> {
  const reading = readStretch(parts, cluster, stretch);
  // Awaited later; until then a failure must not count as unhandled.
  reading.catch(() => undefined);
  return reading;
}

async function readStretch(parts: ReadParts, cluster: ClusterId, stretch: Stretch): Promise<StretchBytes> {
  const first = stretch.wanted[0];
  invariant(first !== undefined, 'a stretch is not empty');
  const read = async (pack: PackBytes, openFile: string | null): Promise<StretchBytes> => ({
    pack,
    openFile,
    bytes: await pack.read(stretch.offset, stretch.length),
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

async function openChunk(
  parts: ReadParts,
  cluster: ClusterId,
  idKey: Uint8Array,
  at: { pack: PackBytes; openFile: string | null; frame: Buffer; id: Buffer; offset: number; length: number },
): Promise<Buffer> {
  const place = { label: at.pack.label, offset: at.offset };
  if (at.frame.length < at.length) throw damaged(place, 'it ends before the chunk does');
  const { kind, keyId, chunkId } = headerOf(at.frame, place);
  if (kind !== 'chunk' || !chunkId.equals(at.id))
    throw damaged(place, 'another frame lies where the chunk should be');
  const key = await sessionKeyOf(parts, cluster, at.pack, at.openFile, keyId.toString('hex'));
  return openVerified(at.frame, key, idKey, place).raw;
}

function headerOf(
  frame: Buffer,
  place: { label: string; offset: number },
): ReturnType<typeof decodeFrameHeader> {
  try {
    return decodeFrameHeader(frame);
  } catch (thrown) {
    throw damaged(place, 'its frame header cannot be read', thrown);
  }
}
