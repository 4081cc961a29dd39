import type { SetRow } from '@lifeboat/catalog';
import type { Browse, BrowseEntry, BrowseQuery } from '@lifeboat/console-api';
import { LifeboatError } from '@lifeboat/kernel';
import type { CaptureRecord } from '@lifeboat/model';
import type { ManifestEntry } from '@lifeboat/vault-format';

import type { ServerContext } from '../server-context.ts';

/** What belongs to no single node is listed below this name. */
const CLUSTER = 'cluster';

/** A page of a set: its trees (`<node>/<tree>`), or the direct children of a directory in one of them. */
export async function browseSet(context: ServerContext, set: SetRow, query: BrowseQuery): Promise<Browse> {
  if (set.document === null) {
    throw new LifeboatError('CONFLICT', `set ${set.id} is ${set.state}: only a sealed set can be browsed`);
  }
  const { captures } = set.document;
  if (query.path === '') return { set: set.id, path: '', entries: captures.map(viewTree), next: null };
  const { capture, below } = locate(captures, query.path);
  const entries: BrowseEntry[] = [];
  for await (const entry of children(context, set, capture, below)) {
    const viewed = viewEntry(nameOf(capture), entry);
    if (query.after !== undefined && viewed.name <= query.after) continue;
    if (entries.length === query.limit)
      return { set: set.id, path: query.path, entries, next: entries.at(-1)!.name };
    entries.push(viewed);
  }
  return { set: set.id, path: query.path, entries, next: null };
}

function nameOf(capture: CaptureRecord): string {
  return `${capture.node ?? CLUSTER}/${capture.tree}`;
}

function locate(captures: readonly CaptureRecord[], path: string): { capture: CaptureRecord; below: string } {
  const [node, tree, ...rest] = path.split('/');
  const capture = captures.find((candidate) => nameOf(candidate) === `${node}/${tree}`);
  if (capture === undefined) {
    throw new LifeboatError('NOT_FOUND', `the set has no tree ${node}/${tree ?? ''}`, {
      guidance: 'lifeboat set browse SET lists the trees.',
    });
  }
  return { capture, below: rest.join('/') };
}

async function* children(
  context: ServerContext,
  set: SetRow,
  capture: CaptureRecord,
  below: string,
): AsyncGenerator<ManifestEntry> {
  const prefix = below === '' ? '' : `${below}/`;
  let seen = below === '';
  for await (const entry of context.services.vault.manifest(set.cluster, Buffer.from(capture.root, 'hex'))) {
    const path = entry.path.toString('utf8');
    if (path === below) seen = true;
    if (path === '' || !path.startsWith(prefix) || path.slice(prefix.length).includes('/')) continue;
    yield entry;
  }
  if (!seen) throw new LifeboatError('NOT_FOUND', `${below} is not in this tree`);
}

function viewTree(capture: CaptureRecord): BrowseEntry {
  const name = nameOf(capture);
  return {
    name,
    path: name,
    type: 'tree',
    size: capture.bytes,
    mode: null,
    owner: null,
    group: null,
    mtime: null,
    linkTarget: null,
  };
}

function viewEntry(tree: string, entry: ManifestEntry): BrowseEntry {
  const path = entry.path.toString('utf8');
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    path: `${tree}/${path}`,
    type: entry.type,
    size: entry.size,
    mode: entry.mode,
    owner: entry.user ?? String(entry.uid),
    group: entry.group ?? String(entry.gid),
    mtime: new Date(Number(entry.mtimeNs / 1_000_000n)).toISOString(),
    linkTarget: entry.linkTarget?.toString('utf8') ?? null,
  };
}
