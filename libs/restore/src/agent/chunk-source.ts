import type { StageMeans } from '@lifeboat/file-tree';
import type { Log } from '@lifeboat/kernel';
import { computeChunkId } from '@lifeboat/vault-format';
import { ChunkFetcher } from './chunk-fetcher.ts';
import type { DownloadFactory } from './download-call.ts';

/** Where the bytes of a restore come from. */
export interface ChunkSource {
  readonly restoreId: string;
  readonly download: DownloadFactory;
  readonly idKey: Uint8Array;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

export function openFetcher({ restoreId, download, idKey, log, signal }: ChunkSource): ChunkFetcher {
  return new ChunkFetcher({ restoreId, open: download, idKey, log, signal });
}

/** What staging needs of it; dials when the first chunk is asked for. */
export function openMeans(source: ChunkSource): StageMeans & { close(): void } {
  const fetcher = openFetcher(source);
  return {
    matches: (chunk, bytes) => computeChunkId(source.idKey, 'data', bytes).equals(chunk),
    fetch: (wanted, onChunk) => fetcher.fetch('data', wanted, onChunk),
    signal: source.signal,
    close: () => fetcher.close(),
  };
}
