import { createHash } from 'node:crypto';
import type { PackName } from '@lifeboat/kernel';
import {
  computeChunkId,
  encodeKeyFrame,
  encodePackFooter,
  encodePackHeader,
  FrameSealer,
  keyIdOf,
  sealPackTable,
} from '@lifeboat/vault-format';
import type { PackBytes } from '../pack/pack-bytes.ts';
import type { PackKeys } from '../read/pack-keys.ts';

const CONTEXT = { vault: Buffer.alloc(16, 1), cluster: Buffer.alloc(16, 2) };
const WRAPPED = Buffer.alloc(80, 3);
const SESSION_KEY = Buffer.alloc(32, 4);
const ID_KEY = Buffer.alloc(32, 5);

/** A closed pack that lies in memory alone, with an empty table, and what opens its frames. */
export interface MemoryPack extends PackBytes {
  readonly name: PackName;
  readonly bytes: Buffer;
  readonly keys: PackKeys;
}

export function memoryPack(raws: readonly Buffer[]): MemoryPack {
  const sealer = new FrameSealer(CONTEXT, keyIdOf(WRAPPED), SESSION_KEY);
  const frames = raws.map((raw) => sealer.seal('data', computeChunkId(ID_KEY, 'data', raw), raw));
  const body = Buffer.concat([encodePackHeader(CONTEXT), encodeKeyFrame(CONTEXT, WRAPPED), ...frames]);
  const table = sealPackTable([], Buffer.alloc(32), Buffer.alloc(12), CONTEXT);
  const footer = encodePackFooter({ tableOffset: body.length, tableLength: table.length, frames: 0 });
  const bytes = Buffer.concat([body, table, footer]);
  const name = createHash('sha256').update(bytes).digest('hex') as PackName;
  return {
    name,
    label: name,
    bytes,
    keys: { id: ID_KEY, session: async () => SESSION_KEY },
    size: async () => bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}
