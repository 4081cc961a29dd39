import { blobStoreConformance } from './conformance.ts';
import { MemoryBlobStore } from './memory-blob-store.ts';

blobStoreConformance('memory', async () => ({
  store: new MemoryBlobStore(),
  dispose: async () => undefined,
}));
