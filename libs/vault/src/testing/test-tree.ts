import {
  encodeManifestRoot,
  SegmentBuilder,
  decodeSegment,
  type ManifestEntry,
  type SegmentSummary,
} from '@lifeboat/vault-format';
import type { TestSender } from './test-sender.ts';
import type { TestVault } from './test-vaults.ts';

export type Send = (raw: Buffer, type: 'data' | 'segment' | 'root') => Promise<Buffer>;

/** Captures files (path to bytes) as a tree of the test's cluster, asking for nothing; the manifest root's id. */
export async function captureTestTree(
  test: TestVault,
  sender: TestSender,
  files: Readonly<Record<string, Buffer>>,
  options: { leaveOut?: string } = {},
): Promise<Buffer> {
  const ingest = await test.vault.ingest(test.cluster);
  const send: Send = async (raw, type) => {
    const { ids, frames } = sender.seal([raw], type);
    await ingest.append(test.node, sender.keys, frames);
    return ids;
  };
  return sendTree(files, send, async (path, bytes) =>
    path === options.leaveOut ? sender.idOf(bytes) : send(bytes, 'data'),
  );
}

/** Files, then segments, then the root, as an agent sends them; the root's id. */
export async function sendTree(
  files: Readonly<Record<string, Buffer>>,
  send: Send,
  sendFile: (path: string, bytes: Buffer) => Promise<Buffer>,
): Promise<Buffer> {
  const builder = new SegmentBuilder();
  const segments: Buffer[] = [];
  for (const [path, bytes] of Object.entries(files).sort()) {
    const cut = builder.push(fileEntry(path, bytes.length, await sendFile(path, bytes)));
    if (cut !== undefined) segments.push(cut);
  }
  const last = builder.finish();
  if (last !== undefined) segments.push(last);
  const summaries: SegmentSummary[] = [];
  for (const segment of segments) {
    const entries = [...decodeSegment(segment)];
    summaries.push({
      chunk: await send(segment, 'segment'),
      firstPath: entries[0]?.path ?? Buffer.alloc(0),
      entries: entries.length,
      contentBytes: entries.reduce((sum, entry) => sum + entry.size, 0),
      length: segment.length,
    });
  }
  const sum = (of: (each: SegmentSummary) => number): number =>
    summaries.reduce((total, each) => total + of(each), 0);
  const root = {
    segments: summaries,
    entries: sum((each) => each.entries),
    contentBytes: sum((each) => each.contentBytes),
  };
  return send(encodeManifestRoot(root), 'root');
}

export function fileEntry(path: string, size: number, chunk: Buffer): ManifestEntry {
  return {
    path: Buffer.from(path),
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 1n,
    ctimeNs: 1n,
    size,
    inode: 1n,
    content: size === 0 ? [] : [{ chunk, length: size }],
  };
}
