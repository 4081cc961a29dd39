export { asBuffer } from './as-buffer.ts';
export type { Clock } from './clock.ts';
export { ERROR_CODES, isErrorCode, type ErrorCode, type ErrorCodeFacts } from './error-codes.ts';
export {
  CHUNK_ID_ALGORITHM_HMAC_SHA256,
  CHUNK_ID_LENGTH,
  isSlug,
  isUuid,
  uuidFromBytes,
  uuidToBytes,
  type ChunkIdText,
  type ClusterId,
  type NodeId,
  type PackName,
  type PlanId,
  type RestoreId,
  type SetId,
  type VaultId,
} from './ids.ts';
export { invariant, unreachable } from './invariant.ts';
export {
  fromErrorReport,
  isBreach,
  isLifeboatError,
  LifeboatError,
  messageOf,
  systemCodeOf,
  toErrorReport,
  toLifeboatError,
  type ErrorReport,
  type LifeboatErrorOptions,
} from './lifeboat-error.ts';
export { silentLog, type Log } from './log.ts';
