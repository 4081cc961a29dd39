import { parentPort } from 'node:worker_threads';
import { proveFile, writeChunk, type Losses } from '@lifeboat/file-tree';
import { asBuffer, invariant, systemCodeOf, toErrorReport } from '@lifeboat/kernel';
import type { LaneReply } from '@lifeboat/runtime';
import { reusableZstd } from '@lifeboat/runtime/zstd';
import { computeChunkId, freeNow, MAX_RAW_LENGTH } from '@lifeboat/vault-format';
import { noSpace } from './no-space.ts';
import { openChunk } from './open-chunk.ts';
import {
  fileOf,
  idOf,
  placeOf,
  type ProveRequest,
  type StageRequest,
  type WriteRequest,
} from './stage-messages.ts';

/**
 * The CPU's share of staging: expand, identify, write, read back. Runs as a worker thread; everything here is
 * synchronous, one request after the other.
 */

const zstd = reusableZstd();
/** One chunk after the other: memory that is new has to be got from the kernel page by page. */
const expanded = Buffer.allocUnsafeSlow(MAX_RAW_LENGTH);

function write({ tree, idKey, chunks, data }: WriteRequest): Losses {
  const losses: Losses = new Map();
  let start = 0;
  for (const { id, length, rawLength, places } of chunks) {
    const packed = asBuffer(data).subarray(start, start + length);
    start += length;
    const raw = openChunk(idKey, 'data', idOf(id), { packed, rawLength }, zstd, expanded);
    writeChunk(tree, raw, places.map(placeOf), losses);
  }
  // All of the message that it came in: nobody else has it any more.
  freeNow(new Uint8Array(data.buffer));
  return losses;
}

function prove({ tree, idKey, files }: ProveRequest): Losses {
  const losses: Losses = new Map();
  const matches = (chunk: Buffer, bytes: Uint8Array): boolean =>
    computeChunkId(idKey, 'data', bytes).equals(chunk);
  for (const file of files) proveFile(tree, fileOf(file), matches, losses);
  return losses;
}

const port = parentPort;
invariant(port !== null, 'stage-worker.ts runs in a worker thread');
port.on('message', (message: StageRequest) => {
  const { request } = message;
  let reply: LaneReply;
  try {
    reply = { request, ok: true, value: message.kind === 'write' ? write(message) : prove(message) };
  } catch (error) {
    // An error loses its cause on the way: what it means has to be said here.
    const told = systemCodeOf(error) === 'ENOSPC' ? noSpace(error) : error;
    reply = { request, ok: false, error: toErrorReport(told) };
  }
  port.postMessage(reply);
});
