import { bytePath } from '@lifeboat/file-tree';
import { holdReplica, type HeldIndex, type HeldReplica, type VerifiedFiles } from '@lifeboat/search-index';
import type { CapturedIndex, CaptureResult } from '@lifeboat/wire';
import { captureEntries, type CaptureOptions } from './capture-tree.ts';
import { listedEntries, type ListedFile } from './listed-entries.ts';

export interface CaptureReplicaOptions extends CaptureOptions {
  /** Names this agent in the folder of its hold, and this capture. */
  readonly owner: string;
  readonly epoch: string;
  readonly verified: VerifiedFiles;
}

/**
 * Captures a node's Lucene replica: every index as it was at one commit, whatever its writer does meanwhile. An index
 * of which no whole commit can be had is left out, and the result says so.
 * @throws LifeboatError what `captureTree` throws
 */
export async function captureReplica(options: CaptureReplicaOptions): Promise<CaptureResult> {
  const { tree, owner, epoch, verified } = options;
  const held = await holdReplica({ root: tree.path, owner, epoch, verified });
  try {
    const root = bytePath(tree.path.replace(/\/+$/, ''));
    const files = held.indexes.flatMap(({ pins }) => pins.map(listedFile));
    const result = await captureEntries(
      options,
      (report) => {
        for (const { path, reason } of [...held.leftOut, ...held.strays]) report.notKept(path, reason);
        return listedEntries(root, files);
      },
      tree.name,
      { writtenOnce: true },
    );
    return { ...result, searchIndex: { indexes: describe(held) } };
  } finally {
    held.release();
  }
}

function listedFile({ path, location, copied }: HeldIndex['pins'][number]): ListedFile {
  return copied ? { path, location } : { path, location, ownLinks: 1n };
}

function describe({ indexes, leftOut }: HeldReplica): CapturedIndex[] {
  const captured = indexes.map(({ folder, commit, pins, bytes }): CapturedIndex => ({
    folder: Buffer.from(folder, 'latin1').toString('utf8'),
    commit: commit.name,
    committedUnixMillis: BigInt(commit.committedAt.getTime()),
    luceneVersion: commit.luceneVersion ?? '',
    documents: BigInt(commit.documents),
    files: pins.length,
    bytes: BigInt(bytes),
    leftOut: '',
  }));
  const others = leftOut.map(({ path, reason }): CapturedIndex => ({
    folder: path,
    commit: '',
    committedUnixMillis: 0n,
    luceneVersion: '',
    documents: 0n,
    files: 0,
    bytes: 0n,
    leftOut: reason,
  }));
  return [...captured, ...others];
}
