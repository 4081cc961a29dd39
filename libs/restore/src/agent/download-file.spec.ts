import { describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import type { ContentPart, ManifestEntry } from '@lifeboat/vault-format';
import { ChunkFetcher } from './chunk-fetcher.ts';
import { downloadFile } from './download-file.ts';
import { MemoryVault } from './memory-vault.fixture.ts';

const entry = (
  path: string,
  type: 'file' | 'directory',
  content: ContentPart[],
  size: number,
): ManifestEntry => ({
  path: Buffer.from(path),
  type,
  mode: 0o600,
  uid: 0,
  gid: 0,
  mtimeNs: 0n,
  ctimeNs: 0n,
  size,
  inode: 0n,
  content,
});

/** Chunks of 700 KiB with a hole in the middle: several batches. */
function streamIn(vault: MemoryVault, chunks: number): { root: Buffer; bytes: Buffer } {
  const pieces: Buffer[] = [];
  const content: ContentPart[] = [];
  for (let index = 0; index < chunks; index += 1) {
    const piece = Buffer.alloc(700 * 1024, index + 1);
    pieces.push(piece);
    content.push({ chunk: vault.put('data', piece), length: piece.length });
    if (index !== Math.floor(chunks / 2)) continue;
    content.push({ hole: 3_000_000 });
    pieces.push(Buffer.alloc(3_000_000));
  }
  const bytes = Buffer.concat(pieces);
  return {
    root: vault.seal([entry('', 'directory', [], 0), entry('dump', 'file', content, bytes.length)]),
    bytes,
  };
}

async function read(vault: MemoryVault, root: Buffer): Promise<Buffer> {
  const restoreId = '0a1b2c3d-0000-4000-8000-000000000001';
  const fetcher = new ChunkFetcher({ restoreId, open: vault.open, idKey: vault.idKey, log: silentLog });
  const pieces: Buffer[] = [];
  try {
    for await (const piece of downloadFile(fetcher, root)) pieces.push(piece);
  } finally {
    fetcher.close();
  }
  return Buffer.concat(pieces);
}

describe('a captured stream comes down', () => {
  it('as it went up, in order, holes as zeros', async () => {
    const vault = new MemoryVault();
    const { root, bytes } = streamIn(vault, 30);
    expect((await read(vault, root)).equals(bytes)).toBe(true);
  });

  it('empty when it was empty', async () => {
    const vault = new MemoryVault();
    const root = vault.seal([entry('', 'directory', [], 0), entry('dump', 'file', [], 0)]);
    expect(await read(vault, root)).toHaveLength(0);
  });

  it('over calls that break off', async () => {
    const vault = new MemoryVault();
    const { root, bytes } = streamIn(vault, 20);
    vault.breakAfter = 7;
    expect((await read(vault, root)).equals(bytes)).toBe(true);
    expect(vault.calls).toBeGreaterThan(2);
  });

  it('never when its manifest has no file', async () => {
    const vault = new MemoryVault();
    const none = vault.seal([entry('', 'directory', [], 0)]);
    await expect(read(vault, none)).rejects.toMatchObject({ code: 'FORMAT_DAMAGED' });
  });
});
