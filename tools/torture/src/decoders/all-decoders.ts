import { CONFIG_DECODERS } from './config-decoders.ts';
import type { Decoder } from './decoder.ts';
import { DUMP_DECODERS } from './dump-decoders.ts';
import { FRAME_DECODERS } from './frame-decoders.ts';
import { MANIFEST_DECODERS } from './manifest-decoders.ts';
import { PACK_DECODERS } from './pack-decoders.ts';
import { RECORD_DECODERS } from './record-decoders.ts';
import { WIRE_DECODERS } from './wire-decoders.ts';

/** Their order is part of what a seed means: new ones at the end, and kept seeds looked at again. */
export const DECODERS: readonly Decoder[] = [
  ...FRAME_DECODERS,
  ...PACK_DECODERS,
  ...MANIFEST_DECODERS,
  ...RECORD_DECODERS,
  ...WIRE_DECODERS,
  ...DUMP_DECODERS,
  ...CONFIG_DECODERS,
];
