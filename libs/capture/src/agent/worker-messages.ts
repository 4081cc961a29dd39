import type { ChunkType } from '@lifeboat/vault-format';

/**
 * What the main thread and a worker say to each other. A *job* is a piece of work whose chunks the worker holds:
 * it reads or is given bytes, answers with the chunk ids, and waits for `seal` (with what the server lacks) or
 * `drop`. A worker answers each request once, under its `request` number.
 */
export type WorkerRequest =
  | ConnectRequest
  | { kind: 'disconnect'; request: number; connection: number }
  | ReadFilesRequest
  | ReadWindowRequest
  | CutBytesRequest
  | SealRequest
  | { kind: 'drop'; request: number; job: number }
  | SealGivenRequest
  | { kind: 'recycle'; request: number; buffer: Uint8Array };

/** One upload connection with this worker's own session key for it. */
export interface ConnectRequest {
  kind: 'connect';
  request: number;
  connection: number;
  vault: Uint8Array;
  cluster: Uint8Array;
  idKey: Uint8Array;
  gearKey: Uint8Array;
  keyId: Uint8Array;
  key: Uint8Array;
}

/** Whole files, together small enough for one buffer. */
export interface ReadFilesRequest {
  kind: 'read-files';
  request: number;
  job: number;
  connection: number;
  /** Byte paths. */
  locations: string[];
  /** Sum of the sizes last seen. */
  bytes: number;
}

/** A part of a big file that begins at a chunk boundary. */
export interface ReadWindowRequest {
  kind: 'read-window';
  request: number;
  job: number;
  connection: number;
  location: string;
  offset: number;
  /** Read no further than this. */
  end: number;
}

/** A part of a stream that begins at a chunk boundary. */
export interface CutBytesRequest {
  kind: 'cut-bytes';
  request: number;
  job: number;
  connection: number;
  bytes: Uint8Array;
  /** The stream ends with these bytes. */
  final: boolean;
}

export interface SealRequest {
  kind: 'seal';
  request: number;
  job: number;
  /** Indices into the job's ids. */
  wanted: number[];
}

/** Chunks made by the main thread: manifest segments and roots. */
export interface SealGivenRequest {
  kind: 'seal-given';
  request: number;
  connection: number;
  type: ChunkType;
  ids: Uint8Array[];
  chunks: Uint8Array[];
}

/** Stat of the file that was read: it may be another one than the walk saw. */
export interface FileFacts {
  inode: bigint;
  links: bigint;
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: bigint;
  ctimeNs: bigint;
}

/** Pairs (chunk index, length); index HOLE for a hole. */
export type Parts = number[];
export const HOLE = -1;

export type FileResult =
  | { outcome: 'read'; facts: FileFacts; length: number; changedWhileRead: boolean; parts: Parts }
  | { outcome: 'too-big'; size: number }
  | { outcome: 'vanished' }
  | { outcome: 'unreadable'; reason: string };

export type WindowResult =
  | { outcome: 'read'; facts: FileFacts; size: number; parts: Parts; next: number; ended: boolean }
  | { outcome: 'vanished' }
  | { outcome: 'unreadable'; reason: string };

/** Chunks of a job, each id once. */
export interface OfferedChunks {
  /** 33 bytes each. */
  ids: Uint8Array;
  /** Raw length of each chunk. */
  lengths: number[];
  /** Bytes read from disk. */
  bytesRead: number;
}

/**
 * A message's run of whole frames, behind FRAMES_HEADROOM free bytes of a buffer that the worker gives away and gets
 * back (`recycle`) once they are written: a buffer made anew for each would cost more than sealing does.
 */
export interface FrameMessage {
  buffer: Uint8Array;
  bytes: number;
  frames: number;
}

/** The value of each kind of request. */
export interface WorkerValues {
  connect: undefined;
  disconnect: undefined;
  'read-files': OfferedChunks & { files: FileResult[] };
  'read-window': OfferedChunks & { window: WindowResult };
  'cut-bytes': OfferedChunks & { parts: Parts; consumed: number };
  seal: FrameMessage[];
  drop: undefined;
  'seal-given': FrameMessage[];
  recycle: undefined;
}
