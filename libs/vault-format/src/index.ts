export { freeNow } from './bytes/free-now.ts';
export { chunkTypeByte, chunkTypeOfByte, type ChunkType } from './frame/chunk-type.ts';
export { computeChunkId, KEY_ID_LENGTH, keyIdOf } from './frame/chunk-id.ts';
export {
  decodeFrameHeader,
  FRAME_HEADER_LENGTH,
  MAX_BODY_LENGTH,
  MAX_RAW_LENGTH,
  MAX_WRAPPED_KEY,
  type FrameContext,
  type FrameHeader,
} from './frame/frame-header.ts';
export {
  FRAME_OVERHEAD,
  FrameSealer,
  MAX_FRAMES_PER_KEY,
  type FrameSealerOptions,
} from './frame/frame-sealer.ts';
export { encodeKeyFrame, keyFrameBody } from './frame/key-frame.ts';
export { nextFrame, type NextFrame } from './frame/next-frame.ts';
export { expandChunk, openFrame, packedLength, unsealFrame, type PackedChunk } from './frame/open-frame.ts';
export type { ZstdCodec } from './frame/zstd-codec.ts';
export {
  decodePackFooter,
  encodePackFooter,
  PACK_FOOTER_LENGTH,
  type PackFooter,
} from './pack/pack-footer.ts';
export { decodePackHeader, encodePackHeader, PACK_HEADER_LENGTH } from './pack/pack-header.ts';
export { openPackTable, PackRows, sealPackTable, type PackTableRow } from './pack/pack-table.ts';
export { comparePaths } from './manifest/compare-paths.ts';
export { pathFault } from './manifest/check-path.ts';
export { pathOfText, pathText } from './manifest/path-text.ts';
export { decodeEntry, encodeEntry } from './manifest/single-entry.ts';
export type { ContentPart, ManifestEntry } from './manifest/manifest-entry.ts';
export {
  decodeManifestRoot,
  encodeManifestRoot,
  type ManifestRoot,
  type SegmentSummary,
} from './manifest/manifest-root.ts';
export { fileSizes } from './manifest/file-sizes.ts';
export { decodeSegment, summarizeSegment } from './manifest/segment.ts';
export { MAX_SEGMENT, SegmentBuilder } from './manifest/segment-builder.ts';
export { canonicalJson } from './record/canonical-json.ts';
export type { RecordBinding, Signer } from './record/record-envelope.ts';
export { openRecord, sealRecord } from './record/sealed-record.ts';
