import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat, truncate } from 'node:fs/promises';
import type { ChunkRecord } from '@lifeboat/catalog';
import type { ClusterId } from '@lifeboat/kernel';
import {
  encodePackHeader,
  keyFrameBody,
  PACK_HEADER_LENGTH,
  PackRows,
  type PackTableRow,
} from '@lifeboat/vault-format';
import { syncDirectory } from '@lifeboat/runtime';
import { packBlob } from '../layout.ts';
import type { VaultParts } from '../parts.ts';
import { openVerified } from '../read/open-verified.ts';
import { CHUNK_TYPE_NUMBER } from './chunk-type-number.ts';
import { OpenPack, type OpenPackContent } from './open-pack.ts';
import { frameContext } from './open-packs.ts';
import { openPackBytes } from './pack-bytes.ts';
import { rowOfFrame } from './row-of-frame.ts';
import { scanPack, type ScannedFrame } from './scan-pack.ts';

/**
 * Brings one open pack left by an earlier process (or a failed write) back into use: a torn tail is cut off, frames
 * that the catalog lacks are verified and recorded. Undefined when the file turned out to be a closed pack already.
 */
export async function recoverOpenPack(
  parts: VaultParts,
  file: string,
  cluster: ClusterId,
): Promise<OpenPack | undefined> {
  const row = (await parts.catalog.packs.openOnes()).find((each) => each.file === file);
  if (await finishInterruptedClose(parts, file, row?.id)) return undefined;
  const id = row?.id ?? (await parts.catalog.packs.open({ cluster, file }));
  const content = await recoverContent(parts, file, cluster, id, row !== undefined);
  const pack = await OpenPack.resume({ cluster, directory: parts.openPacks.directory, file, id }, content);
  parts.openPacks.hold(pack);
  return pack;
}

/** The file is never cut when the store has it: both may be the same inode. */
async function finishInterruptedClose(
  parts: VaultParts,
  file: string,
  id: bigint | undefined,
): Promise<boolean> {
  const intent = parts.openPacks.intentPath(file);
  const name = await parts.openPacks.intendedName(file);
  const bytes = name === undefined ? undefined : await parts.store.size(packBlob(name));
  if (name === undefined || bytes === undefined) {
    await rm(intent, { force: true });
    return false;
  }
  if (id !== undefined) await parts.catalog.packs.close(id, name, bytes);
  await rm(parts.openPacks.path(file), { force: true });
  await syncDirectory(parts.openPacks.directory);
  await rm(intent, { force: true });
  parts.log.info({ pack: name }, 'finished closing a pack that a stop had interrupted');
  return true;
}

async function recoverContent(
  parts: VaultParts,
  file: string,
  cluster: ClusterId,
  id: bigint,
  isKnown: boolean,
): Promise<OpenPackContent> {
  const path = parts.openPacks.path(file);
  const { size } = await stat(path);
  const rows = new PackRows();
  const wrappedKeys = new Map<string, Buffer>();
  let end = PACK_HEADER_LENGTH;
  await mendHeader(path, encodePackHeader(frameContext(parts.id, cluster)));
  if (size > PACK_HEADER_LENGTH) {
    const recorded = new Set((await parts.catalog.chunks.ofPack(id)).map((record) => record.offset));
    // Everything acknowledged has a row, if the catalog knows the pack at all; if not, whatever can be read is kept.
    const lastAcknowledged = isKnown ? [...recorded].reduce((a, b) => Math.max(a, b), 0) : Infinity;
    for await (const stretch of scanPack(openPackBytes(path, file), size)) {
      for (const frame of stretch.frames)
        if (frame.header.kind === 'key') await learnKey(parts, cluster, frame, wrappedKeys);
      const kept = await keepFrames(parts, cluster, id, { recorded, lastAcknowledged, end }, stretch.frames);
      rows.add(kept);
      end = kept.reduce((latest, row) => Math.max(latest, row.offset + row.length), end);
    }
    await cutTail(parts, path, file, size, end);
  }
  return { size: end, hash: await hashOf(path, end), rows, wrappedKeys };
}

interface Known {
  /** Offsets at which the catalog has chunks. */
  readonly recorded: ReadonlySet<number>;
  readonly lastAcknowledged: number;
  /** Of what was kept so far. */
  readonly end: number;
}

/**
 * Frames that the catalog has at this place were synced once; others are kept only if they prove readable. Behind what was
 * acknowledged nothing is kept that does not follow on the frame before: a power failure may keep the later pages of a write and
 * lose the first, and a pack with a hole would never be proved.
 */
async function keepFrames(
  parts: VaultParts,
  cluster: ClusterId,
  pack: bigint,
  { recorded, lastAcknowledged, end }: Known,
  frames: readonly ScannedFrame[],
): Promise<PackTableRow[]> {
  const lacking: ChunkRecord[] = [];
  const kept: PackTableRow[] = [];
  for (const frame of frames) {
    if (frame.offset > lastAcknowledged && frame.offset !== end) break;
    const row = rowOfFrame(frame);
    if (frame.header.kind === 'chunk' && !recorded.has(frame.offset)) {
      if (!(await isReadable(parts, cluster, frame))) continue;
      const { id, offset, length, rawLength } = row;
      lacking.push({ id, type: CHUNK_TYPE_NUMBER[row.type], pack, offset, length, rawLength });
    }
    kept.push(row);
    end = row.offset + row.length;
  }
  // No sender is known any more: such a chunk counts for nobody until it is proved, so it is sent again if needed.
  if (lacking.length > 0) await parts.catalog.chunks.insert(cluster, null, lacking);
  return kept;
}

async function learnKey(
  parts: VaultParts,
  cluster: ClusterId,
  frame: ScannedFrame,
  wrappedKeys: Map<string, Buffer>,
): Promise<void> {
  const keyId = frame.header.keyId.toString('hex');
  try {
    const wrapped = Buffer.from(keyFrameBody(frame.bytes));
    await parts.keys.unwrap(cluster, keyId, wrapped);
    wrappedKeys.set(keyId, wrapped);
  } catch (thrown) {
    parts.log.warn({ keyId, err: thrown }, 'session key in an open pack cannot be unwrapped');
  }
}

async function isReadable(parts: VaultParts, cluster: ClusterId, frame: ScannedFrame): Promise<boolean> {
  const key = parts.keys.sessionKey(frame.header.keyId.toString('hex'));
  if (key === undefined) return false;
  try {
    openVerified(frame.bytes, key, parts.keys.idKey(cluster), {
      label: 'open pack',
      offset: frame.offset,
    });
    return true;
  } catch {
    // Not lost: it was never acknowledged.
    return false;
  }
}

async function cutTail(
  parts: VaultParts,
  path: string,
  file: string,
  size: number,
  end: number,
): Promise<void> {
  if (end === size) return;
  await truncate(path, end);
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  parts.log.warn({ file, cut: size - end }, 'cut the unacknowledged tail of an open pack');
}

/** It is synced with the first frames, not before them: a power failure may have kept those and lost it. */
async function mendHeader(path: string, header: Buffer): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const { buffer } = await handle.read(Buffer.alloc(header.length), 0, header.length, 0);
    if (buffer.equals(header)) return;
    await handle.write(header, 0, header.length, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function hashOf(path: string, end: number): Promise<ReturnType<typeof createHash>> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path, { end: end - 1, highWaterMark: 1024 * 1024 }))
    hash.update(bytes as Buffer);
  return hash;
}
