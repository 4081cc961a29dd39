export { isNoSpace, vaultFull } from './blob-errors.ts';
export { checkBlobName } from './blob-name.ts';
export type { BlobEntry, BlobSource, BlobStore } from './blob-store.ts';
export { FileSystemBlobStore } from './file-system-blob-store.ts';
export { MemoryBlobStore } from './memory-blob-store.ts';
