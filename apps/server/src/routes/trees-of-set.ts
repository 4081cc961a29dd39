import type { SetRow } from '@lifeboat/catalog';
import type { EntryFacts } from '@lifeboat/console-api';
import { LifeboatError } from '@lifeboat/kernel';
import type { CaptureRecord } from '@lifeboat/model';
import type { ManifestEntry } from '@lifeboat/vault-format';

/** What belongs to no single node is listed below this name. */
const CLUSTER = 'cluster';

/** @throws CONFLICT for a set that is not sealed */
export function treesOf(set: SetRow): readonly CaptureRecord[] {
  if (set.document !== null) return set.document.captures;
  throw new LifeboatError(
    'CONFLICT',
    `set ${set.id} is ${set.state}: what it holds is known once it is sealed`,
  );
}

/** `<node>/<tree>`, as paths into a set begin. */
export function treeName(capture: CaptureRecord): string {
  return `${capture.node ?? CLUSTER}/${capture.tree}`;
}

/** A path into a set: the name of its tree, and what is behind it. */
export function splitPath(path: string): { tree: string; below: string } {
  const [node = '', tree = '', ...rest] = path.split('/');
  return { tree: `${node}/${tree}`, below: rest.join('/') };
}

export function treeFacts({ bytes }: CaptureRecord): EntryFacts {
  return { ...NOTHING_MORE, type: 'tree', size: bytes };
}

/** Of a directory that the manifest leaves out above others nothing else is known. */
export function entryFacts(entry: ManifestEntry | undefined): EntryFacts {
  if (entry === undefined) return { ...NOTHING_MORE, type: 'directory', size: 0 };
  return {
    type: entry.type,
    size: entry.size,
    mode: entry.mode,
    owner: entry.user ?? String(entry.uid),
    group: entry.group ?? String(entry.gid),
    mtime: timeOf(entry.mtimeNs),
    linkTarget: entry.linkTarget?.toString('utf8') ?? null,
  };
}

const NOTHING_MORE = { mode: null, owner: null, group: null, mtime: null, linkTarget: null } as const;

/** Null where a file system knows a year that JavaScript does not. */
function timeOf(nanoseconds: bigint): string | null {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
