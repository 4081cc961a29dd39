import { Buffer } from 'node:buffer';
import { CHUNK_ID_LENGTH, invariant } from '@lifeboat/kernel';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { unsupported } from '../bytes/damaged.ts';
import { MAX_RAW_LENGTH } from '../frame/frame-header.ts';
import { pathFault } from './check-path.ts';
import { comparePathsFrom, sharedPrefix } from './compare-paths.ts';
import type { ContentPart, ManifestEntry } from './manifest-entry.ts';

export const TYPES = [undefined, 'file', 'directory', 'symlink'] as const;
export const TYPE_BITS = 0b11;
export const HAS = { user: 4, group: 8, linkGroup: 16, linkTarget: 32, xattrs: 64 } as const;
const KNOWN_FLAGS = 0x7f;

const NANOS = 1_000_000_000n;
const NO_PATH = Buffer.alloc(0);
const MAX_U32 = 0xffff_ffff;
const MAX_SECONDS = 2 ** 47 - 1;

/** What an entry may leave out because an earlier one of the same segment said it. Both sides keep it alike. */
export class EntryContext {
  /** Path of the entry before; undefined at the start of a segment. */
  previous: Buffer | undefined;
  /** Names of users and groups in order of first use; entry n is referred to as n + 1. */
  readonly names: string[] = [];
}

/** Appends one entry: varint length, then the fields (FORMAT.md, "Manifest entry"). */
export class EntryEncoder {
  readonly #fields = new ByteWriter(1024);

  encode(entry: ManifestEntry, context: EntryContext): Buffer {
    const fields = this.#fields;
    fields.clear();
    const previous = context.previous ?? NO_PATH;
    const shared = sharedPrefix(previous, entry.path);
    fields.varint(shared);
    fields.blob(entry.path, shared);
    fields.u8(flagsOf(entry));
    fields.varint(entry.mode);
    fields.varint(entry.uid);
    fields.varint(entry.gid);
    if (entry.user !== undefined) writeName(fields, entry.user, context.names);
    if (entry.group !== undefined) writeName(fields, entry.group, context.names);
    writeTime(fields, entry.mtimeNs);
    writeTime(fields, entry.ctimeNs);
    fields.varint(entry.size);
    fields.u64(entry.inode);
    if (entry.linkGroup !== undefined) fields.u64(entry.linkGroup);
    if (entry.linkTarget !== undefined) fields.blob(entry.linkTarget);
    if (entry.xattrs !== undefined) writeXattrs(fields, entry.xattrs);
    if (entry.type === 'file') writeContent(fields, entry);
    context.previous = entry.path;
    return fields.view();
  }
}

/** Reads the entry at the reader's position. `extensible`: unknown fields may follow the known ones. */
export function readEntry(reader: ByteReader, context: EntryContext, extensible: boolean): ManifestEntry {
  const length = reader.varint();
  if (length > reader.remaining) throw reader.damage('entry ends too late');
  const end = reader.position + length;
  const path = readPath(reader, context.previous);
  const flags = reader.u8();
  const type = TYPES[flags & TYPE_BITS];
  if (type === undefined || (flags & ~KNOWN_FLAGS) !== 0)
    throw unsupported('manifest entry: unknown type or flag');
  const mode = reader.varint();
  const uid = reader.varint();
  const gid = reader.varint();
  if (mode > 0o7777 || uid > MAX_U32 || gid > MAX_U32) throw reader.damage('mode or owner out of range');
  const user = (flags & HAS.user) === 0 ? undefined : readName(reader, context.names);
  const group = (flags & HAS.group) === 0 ? undefined : readName(reader, context.names);
  const mtimeNs = readTime(reader);
  const ctimeNs = readTime(reader);
  const size = reader.varint();
  const inode = reader.u64();
  const entry: ManifestEntry = { path, type, mode, uid, gid, mtimeNs, ctimeNs, size, inode, content: [] };
  if (user !== undefined) entry.user = user;
  if (group !== undefined) entry.group = group;
  if ((flags & HAS.linkGroup) !== 0) entry.linkGroup = reader.u64();
  if ((flags & HAS.linkTarget) !== 0) entry.linkTarget = reader.blob();
  if ((flags & HAS.xattrs) !== 0) entry.xattrs = readXattrs(reader);
  if (type === 'file') entry.content = readContent(reader, size);
  if ((type === 'symlink') !== (entry.linkTarget !== undefined))
    throw reader.damage('link target and type disagree');
  if (reader.position > end || (reader.position < end && !extensible))
    throw reader.damage('entry has another length');
  reader.position = end;
  context.previous = path;
  return entry;
}

function flagsOf(entry: ManifestEntry): number {
  invariant(
    (entry.type === 'symlink') === (entry.linkTarget !== undefined),
    'symlinks, and only they, have a target',
  );
  invariant(entry.type === 'file' || entry.content.length === 0, 'only files have content');
  invariant(entry.mode <= 0o7777 && entry.uid <= MAX_U32 && entry.gid <= MAX_U32, 'mode and owner in range');
  return (
    TYPES.indexOf(entry.type) |
    (entry.user === undefined ? 0 : HAS.user) |
    (entry.group === undefined ? 0 : HAS.group) |
    (entry.linkGroup === undefined ? 0 : HAS.linkGroup) |
    (entry.linkTarget === undefined ? 0 : HAS.linkTarget) |
    (entry.xattrs === undefined ? 0 : HAS.xattrs)
  );
}

function readPath(reader: ByteReader, previous: Buffer | undefined): Buffer {
  const shared = reader.varint();
  const suffix = reader.blob();
  if (shared > (previous?.length ?? 0)) throw reader.damage('path refers past the one before');
  let path = suffix;
  if (shared > 0) {
    path = Buffer.allocUnsafe(shared + suffix.length);
    previous!.copy(path, 0, 0, shared);
    path.set(suffix, shared);
  }
  // Longest prefix or nothing: the order can be seen where it ends, and a tree has one encoding.
  if (
    previous !== undefined &&
    shared < Math.min(path.length, previous.length) &&
    previous[shared] === path[shared]
  ) {
    throw reader.damage('path not in shortest form');
  }
  if (previous !== undefined && comparePathsFrom(previous, path, shared) >= 0)
    throw reader.damage('paths out of order');
  const fault = pathFault(path, shared);
  if (fault !== undefined) throw reader.damage(fault);
  return path;
}

function writeName(into: ByteWriter, name: string, names: string[]): void {
  const known = names.indexOf(name);
  into.varint(known + 1);
  if (known >= 0) return;
  into.blob(Buffer.from(name));
  names.push(name);
}

function readName(reader: ByteReader, names: string[]): string {
  const reference = reader.varint();
  if (reference > names.length) throw reader.damage('name refers past the known ones');
  if (reference > 0) return names[reference - 1]!;
  const name = reader.blob().toString();
  names.push(name);
  return name;
}

/** i48 seconds (rounded down) and u32 nanoseconds: file systems know years that 64 bits of nanoseconds do not. */
function writeTime(into: ByteWriter, nanoseconds: bigint): void {
  let seconds = Number(nanoseconds / NANOS);
  let rest = Number(nanoseconds % NANOS);
  if (rest < 0) {
    seconds -= 1;
    rest += 1_000_000_000;
  }
  into.i48(Math.max(-MAX_SECONDS, Math.min(MAX_SECONDS, seconds)));
  into.u32(rest);
}

function readTime(reader: ByteReader): bigint {
  const seconds = reader.i48();
  const rest = reader.u32();
  if (rest >= 1_000_000_000) throw reader.damage('time out of range');
  return BigInt(seconds) * NANOS + BigInt(rest);
}

function writeXattrs(into: ByteWriter, xattrs: NonNullable<ManifestEntry['xattrs']>): void {
  into.varint(xattrs.length);
  for (const { name, value } of [...xattrs].sort((a, b) => Buffer.compare(a.name, b.name))) {
    into.blob(name);
    into.blob(value);
  }
}

function readXattrs(reader: ByteReader): NonNullable<ManifestEntry['xattrs']> {
  const count = reader.varint();
  if (count * 2 > reader.remaining) throw reader.damage('more attributes than bytes');
  const xattrs = [];
  for (let i = 0; i < count; i++) xattrs.push({ name: reader.blob(), value: reader.blob() });
  return xattrs;
}

function writeContent(into: ByteWriter, entry: ManifestEntry): void {
  into.varint(entry.content.length);
  let total = 0;
  for (const part of entry.content) {
    const length = 'hole' in part ? part.hole : part.length;
    invariant(length > 0, 'a part of a file is not empty');
    into.varint(length * 2 + ('hole' in part ? 1 : 0));
    total += length;
    if ('hole' in part) continue;
    invariant(
      part.chunk.length === CHUNK_ID_LENGTH && length <= MAX_RAW_LENGTH,
      'a chunk has a 33-byte id and at most 4 MiB',
    );
    into.raw(part.chunk);
  }
  invariant(total === entry.size, 'the size of a file is the sum of its content');
}

function readContent(reader: ByteReader, size: number): ContentPart[] {
  const count = reader.varint();
  if (count > reader.remaining) throw reader.damage('more parts than bytes');
  const content: ContentPart[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const tagged = reader.varint();
    const length = Math.floor(tagged / 2);
    const isHole = tagged % 2 === 1;
    if (length === 0 || (!isHole && length > MAX_RAW_LENGTH)) throw reader.damage('part length out of range');
    content.push(isHole ? { hole: length } : { chunk: reader.take(CHUNK_ID_LENGTH), length });
    total += length;
  }
  if (total !== size) throw reader.damage('content does not add up to the size');
  return content;
}
