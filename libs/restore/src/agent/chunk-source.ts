import type { StageMeans } from '@lifeboat/file-tree';
import type { Log } from '@lifeboat/kernel';
import { computeChunkId } from '@lifeboat/vault-format';
import { ChunkFetcher } from './chunk-fetcher.ts';
import type { DownloadFactory } from './download-call.ts';
import { StageWorkers } from './stage-workers.ts';

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

/** What staging needs of it; dials, and starts threads, when the first chunk is asked for. */
export function openMeans(source: ChunkSource): StageMeans & { close(): Promise<void> } {
  const fetcher = openFetcher(source);
  const workers = new StageWorkers({ idKey: source.idKey, fetcher });
  return {
    matches: (chunk, bytes) => computeChunkId(source.idKey, 'data', bytes).equals(chunk),
    stager: (tree) => workers.into(tree),
    signal: source.signal,
    close: async () => {
      fetcher.close();
      await workers.close();
    },
  };
}
