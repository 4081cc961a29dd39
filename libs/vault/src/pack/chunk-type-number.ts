import type { ChunkType } from '@lifeboat/vault-format';

/** How the catalog writes a chunk's type. */
export const CHUNK_TYPE_NUMBER: Readonly<Record<ChunkType, number>> = { data: 1, segment: 2, root: 3 };
