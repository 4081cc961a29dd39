import {
  encodeManifestRoot,
  SegmentBuilder,
  summarizeSegment,
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
  const entries: ManifestEntry[] = [];
  for (const [path, bytes] of Object.entries(files).sort())
    entries.push(fileEntry(path, bytes.length, await sendFile(path, bytes)));
  return sendManifest(entries, send);
}

/** The segments of these entries, in path order, then the root; the root's id. */
export async function sendManifest(entries: Iterable<ManifestEntry>, send: Send): Promise<Buffer> {
  const builder = new SegmentBuilder();
  const segments: SegmentSummary[] = [];
  const keep = async (segment: Buffer | undefined): Promise<void> => {
    if (segment === undefined) return;
    segments.push({ chunk: await send(segment, 'segment'), ...summarizeSegment(segment) });
  };
  for (const entry of entries) await keep(builder.push(entry));
  await keep(builder.finish());
  const sum = (of: (each: SegmentSummary) => number): number =>
    segments.reduce((total, each) => total + of(each), 0);
  const root = {
    segments,
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
