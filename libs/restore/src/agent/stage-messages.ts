import type { ChunkPlace, Metadata, WrittenFile } from '@lifeboat/file-tree';
import { asBuffer } from '@lifeboat/kernel';

/** What the main thread asks of a stage worker; each request is answered once, with `Losses`. */
export type StageRequest = { request: number } & (WriteRequest | ProveRequest);

interface Job {
  /** Absolute byte path of the staged tree. */
  readonly tree: string;
  readonly idKey: Uint8Array;
}

/** Chunks as they came: to be expanded, identified and written. */
export interface WriteRequest extends Job {
  readonly kind: 'write';
  readonly chunks: readonly ChunkToWrite[];
  /** Their bytes, one chunk behind the other. */
  readonly data: Uint8Array;
}

export interface ChunkToWrite {
  readonly id: PortableId;
  readonly length: number;
  readonly rawLength: number;
  readonly places: readonly ChunkPlace[];
}

export interface ProveRequest extends Job {
  readonly kind: 'prove';
  readonly files: readonly PortableFile[];
}

/** 33 characters, a byte each: the copy of a view would take along the whole memory that it looks into. */
export type PortableId = string;

export interface PortableFile extends Omit<WrittenFile, 'pieces'> {
  readonly pieces: readonly { chunk: PortableId; offset: number; length: number }[];
}

export function portableId(id: Buffer): PortableId {
  return id.toString('latin1');
}

export function idOf(id: PortableId): Buffer {
  return Buffer.from(id, 'latin1');
}

export function portablePlace(place: ChunkPlace): ChunkPlace {
  return hasAttributes(place.whole) ? { ...place, whole: ownCopy(place.whole) } : place;
}

export function placeOf(place: ChunkPlace): ChunkPlace {
  return hasAttributes(place.whole) ? { ...place, whole: metadataOf(place.whole) } : place;
}

export function portableFile({ path, pieces, metadata }: WrittenFile): PortableFile {
  return {
    path,
    pieces: pieces.map(({ chunk, offset, length }) => ({ chunk: portableId(chunk), offset, length })),
    metadata: hasAttributes(metadata) ? ownCopy(metadata) : metadata,
  };
}

export function fileOf({ path, pieces, metadata }: PortableFile): WrittenFile {
  return {
    path,
    pieces: pieces.map(({ chunk, offset, length }) => ({ chunk: idOf(chunk), offset, length })),
    metadata: hasAttributes(metadata) ? metadataOf(metadata) : metadata,
  };
}

function hasAttributes(metadata: Metadata | undefined): metadata is Metadata {
  return metadata !== undefined && metadata.xattrs.length > 0;
}

function ownCopy(metadata: Metadata): Metadata {
  const copy = (bytes: Buffer): Buffer => asBuffer(new Uint8Array(bytes));
  const xattrs = metadata.xattrs.map(({ name, value }) => ({ name: copy(name), value: copy(value) }));
  return { ...metadata, xattrs };
}

/** A Buffer comes out of a port as the bytes it is. */
function metadataOf(metadata: Metadata): Metadata {
  const xattrs = metadata.xattrs.map(({ name, value }) => ({ name: asBuffer(name), value: asBuffer(value) }));
  return { ...metadata, xattrs };
}
