import { describe, expect, it } from '@jest/globals';
import { encodePackFooter, PACK_FOOTER_LENGTH, type FrameContext } from '@lifeboat/vault-format';
import type { ClusterKeyChain } from '../cluster-key-chain.ts';
import { memoryPack } from '../testing/memory-pack.ts';
import type { PackBytes } from './pack-bytes.ts';
import { readPackHeader, readPackTable } from './pack-table.ts';

const PACK = memoryPack([Buffer.from('some bytes')]);
const FOOTER_AT = PACK.bytes.length - PACK_FOOTER_LENGTH;

/** As if no key was wanted: what is refused here is refused before any key is tried. */
const NO_KEYS = {} as ClusterKeyChain;

const packOf = (bytes: Buffer): PackBytes => ({
  label: PACK.label,
  size: async () => bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

const withFooter = (tableOffset: number, tableLength: number): Buffer =>
  Buffer.concat([
    PACK.bytes.subarray(0, FOOTER_AT),
    encodePackFooter({ tableOffset, tableLength, frames: 1 }),
  ]);

describe('the table of a pack', () => {
  it.each<[what: string, bytes: Buffer, reason: string]>([
    ['ends before its footer', PACK.bytes.subarray(0, 60), 'ends before its footer'],
    ['is empty', Buffer.alloc(0), 'ends before its footer'],
    ['has lost its footer', PACK.bytes.subarray(0, FOOTER_AT), ''],
    ['says that its table lies in its header', withFooter(3, FOOTER_AT - 3), 'points outside'],
    ['says that its table ends behind it', withFooter(100, FOOTER_AT), 'points outside'],
    ['says that its table ends too early', withFooter(100, 10), 'points outside'],
  ])('is not looked for anywhere else when the pack %s', async (_, bytes, reason) => {
    const context: FrameContext = await readPackHeader(PACK);
    await expect(readPackTable(packOf(bytes), NO_KEYS, 'x' as never, context)).rejects.toMatchObject({
      code: 'FORMAT_DAMAGED',
      message: expect.stringContaining(reason),
    });
  });
});
