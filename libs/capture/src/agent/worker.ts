import { closeSync, fstatSync, type BigIntStats } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { gearTable, MAX_CHUNK, type GearTable } from '@lifeboat/chunking';
import { native, openForReading, readFully, readStable, unreadable } from '@lifeboat/file-tree';
import { asBuffer, invariant, toErrorReport } from '@lifeboat/kernel';
import type { LaneReply } from '@lifeboat/runtime';
import { BufferPool } from '@lifeboat/runtime/buffer-pool';
import { reusableZstd } from '@lifeboat/runtime/zstd';
import { FrameSealer, type ChunkType } from '@lifeboat/vault-format';
import { IdleMemory } from '../idle-memory.ts';
import { FrameRun } from './frame-run.ts';
import { appendHole, ChunkJob } from './chunk-job.ts';
import type {
  ConnectRequest,
  CutBytesRequest,
  FileFacts,
  FileResult,
  Parts,
  ReadFilesRequest,
  ReadWindowRequest,
  FrameMessage,
  SealGivenRequest,
  SealRequest,
  WindowResult,
  WorkerRequest,
  WorkerValues,
} from './worker-messages.ts';
import { WINDOW_BYTES } from './limits.ts';

/**
 * The CPU's share of a capture: read, cut, identify, compress, seal. Runs as a worker thread; everything here is
 * synchronous, one request after the other. Keys live in memory only and end with their connection.
 */

interface Connection {
  idKey: Uint8Array;
  table: GearTable;
  sealer: FrameSealer;
}

const connections = new Map<number, Connection>();
const jobs = new Map<number, ChunkJob>();
const buffers = new BufferPool(WINDOW_BYTES, 2);
const frameRun = new FrameRun();
const idleMemory = new IdleMemory(() => {
  buffers.clear();
  frameRun.clear();
});
const zstd = reusableZstd();

function connect(request: ConnectRequest): void {
  idleMemory.begin();
  connections.set(request.connection, {
    idKey: request.idKey,
    table: gearTable(request.gearKey),
    sealer: new FrameSealer({ vault: request.vault, cluster: request.cluster }, request.keyId, request.key, {
      codec: zstd,
    }),
  });
}

function disconnect(connection: number): void {
  if (connections.delete(connection)) idleMemory.end();
  for (const [id, job] of jobs) if (job.connection === connection) drop(id);
}

function readFiles(request: ReadFilesRequest): WorkerValues['read-files'] {
  const job = openJob(request, buffers.take());
  let filled = 0;
  const files = request.locations.map((location): FileResult => {
    const read = readStable(location, job.buffer, filled);
    if (read.outcome === 'too-big') return { outcome: 'too-big', size: Number(read.stat.size) };
    if (read.outcome !== 'read') return read;
    const parts: Parts = [];
    const start = filled;
    filled += read.length;
    job.cut(parts, start, filled, true);
    const { length, changedWhileRead } = read;
    return { outcome: 'read', facts: factsOf(read.stat), length, changedWhileRead, parts };
  });
  return { ...job.offered(filled), files };
}

function readWindow(request: ReadWindowRequest): WorkerValues['read-window'] {
  const job = openJob(request, buffers.take());
  let bytesRead = 0;
  const read = (): WindowResult => {
    const fd = openForReading(request.location);
    try {
      const stat = fstatSync(fd, { bigint: true });
      if (!stat.isFile()) return { outcome: 'vanished' };
      const parts: Parts = [];
      // It may have shrunk since the walk saw it.
      const end = Math.max(request.offset, Math.min(request.end, Number(stat.size)));
      const start = skipHole(fd, request.offset, end, parts);
      const wanted = Math.min(job.buffer.length, end - start);
      bytesRead = readFully(fd, job.buffer, 0, wanted, start);
      const final = bytesRead < wanted || start + wanted === end;
      const cut = job.cut(parts, 0, bytesRead, final);
      const next = start + cut;
      const facts = factsOf(stat);
      return {
        outcome: 'read',
        facts,
        size: Number(stat.size),
        parts,
        next,
        ended: final && cut === bytesRead,
      };
    } finally {
      closeSync(fd);
    }
  };
  const window = orUnreadable(read);
  return { ...job.offered(bytesRead), window };
}

/** Sparse files: what the file system says is a hole is not read. Returns where reading begins. */
function skipHole(fd: number, offset: number, end: number, parts: Parts): number {
  if (!native.available) return offset;
  const data = Math.min(native.seekData(fd, offset) ?? end, end);
  if (data - offset < MAX_CHUNK) return offset;
  appendHole(parts, data - offset);
  return data;
}

function cutBytes(request: CutBytesRequest): WorkerValues['cut-bytes'] {
  const job = openJob(request, asBuffer(request.bytes));
  const parts: Parts = [];
  const consumed = job.cut(parts, 0, job.buffer.length, request.final);
  return { ...job.offered(0), parts, consumed };
}

function seal(request: SealRequest): FrameMessage[] {
  const job = jobs.get(request.job);
  invariant(job !== undefined, 'sealing a job that is not held');
  const { sealer } = connectionOf(job.connection);
  const chunks = request.wanted.map((index) => job.chunk(index));
  const sealed = frameRun.seal(sealer, 'data', chunks);
  drop(request.job);
  return sealed;
}

function sealGiven(request: SealGivenRequest): FrameMessage[] {
  const { sealer } = connectionOf(request.connection);
  const type: ChunkType = request.type;
  const chunks = request.chunks.map((raw, index) => ({ id: request.ids[index] as Uint8Array, raw }));
  return frameRun.seal(sealer, type, chunks);
}

function drop(id: number): void {
  const job = jobs.get(id);
  jobs.delete(id);
  if (job !== undefined) buffers.give(job.buffer, jobs.size);
}

function openJob(request: { job: number; connection: number }, buffer: Buffer): ChunkJob {
  const job = new ChunkJob(request.connection, buffer, connectionOf(request.connection));
  jobs.set(request.job, job);
  return job;
}

function connectionOf(id: number): Connection {
  const connection = connections.get(id);
  invariant(connection !== undefined, 'work for a connection that is closed');
  return connection;
}

function orUnreadable(read: () => WindowResult): WindowResult {
  try {
    return read();
  } catch (error) {
    return unreadable(error);
  }
}

function factsOf(stat: BigIntStats): FileFacts {
  return {
    inode: stat.ino,
    links: stat.nlink,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
  };
}

function answer(request: WorkerRequest): WorkerValues[keyof WorkerValues] {
  switch (request.kind) {
    case 'connect':
      return connect(request) as undefined;
    case 'disconnect':
      return disconnect(request.connection) as undefined;
    case 'read-files':
      return readFiles(request);
    case 'read-window':
      return readWindow(request);
    case 'cut-bytes':
      return cutBytes(request);
    case 'seal':
      return seal(request);
    case 'drop':
      return drop(request.job) as undefined;
    case 'seal-given':
      return sealGiven(request);
    case 'recycle':
      return frameRun.recycle(request.buffer) as undefined;
  }
}

const port = parentPort;
invariant(port !== null, 'worker.ts runs in a worker thread');
port.on('message', (request: WorkerRequest) => {
  let reply: LaneReply;
  const transfer: ArrayBuffer[] = [];
  try {
    const value = answer(request);
    if (Array.isArray(value)) for (const { buffer } of value) transfer.push(buffer.buffer as ArrayBuffer);
    reply = { request: request.request, ok: true, value };
  } catch (error) {
    if ('job' in request) drop(request.job);
    reply = { request: request.request, ok: false, error: toErrorReport(error) };
  }
  port.postMessage(reply, transfer);
});
