import {
  encodeManifestRoot,
  SegmentBuilder,
  decodeSegment,
  type ManifestEntry,
  type SegmentSummary,
} from '@lifeboat/vault-format';
import type { TestSender } from './test-sender.ts';
import type { TestVault } from './test-vaults.ts';

/** Captures files (path to bytes) as a tree of the test's cluster; the manifest root's id. */
export async function captureTestTree(
  test: TestVault,
  sender: TestSender,
  files: Readonly<Record<string, Buffer>>,
  options: { leaveOut?: string } = {},
): Promise<Buffer> {
  const ingest = await test.vault.ingest(test.cluster);
  const send = async (raw: Buffer, type: 'data' | 'segment' | 'root'): Promise<Buffer> => {
    const { ids, frames } = sender.seal([raw], type);
    await ingest.append(test.node, sender.keys, frames);
    return ids;
  };
  const builder = new SegmentBuilder();
  const segments: Buffer[] = [];
  for (const [path, bytes] of Object.entries(files).sort()) {
    const chunk = path === options.leaveOut ? sender.idOf(bytes) : await send(bytes, 'data');
    const cut = builder.push(fileEntry(path, bytes.length, chunk));
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
