import { buffer } from 'node:stream/consumers';
import type { SetRow } from '@lifeboat/catalog';
import type { Change, Diff, DiffQuery } from '@lifeboat/console-api';
import { isConfigurationText, textDifference } from '@lifeboat/dxp';
import { LifeboatError, type ClusterId } from '@lifeboat/kernel';
import type { CaptureRecord } from '@lifeboat/model';
import type { Difference, Vault } from '@lifeboat/vault';
import { pathOfText, pathText, type ManifestEntry } from '@lifeboat/vault-format';

import type { ServerContext } from '../server-context.ts';
import { entryFacts, splitPath, treeFacts, treeName, treesOf } from './trees-of-set.ts';

/** So many answers of `same`, some thousand paths each, end a page: none takes long, however little has changed. */
const SAME_A_PAGE = 16;

interface Tree {
  readonly name: string;
  readonly before: CaptureRecord | undefined;
  readonly after: CaptureRecord | undefined;
}

export interface DiffOptions extends DiffQuery {
  /** Lines of configuration are for those who may also restore it: masking finds only what looks like a secret. */
  readonly withText: boolean;
}

/** A page of how one set of a cluster became another: tree by tree in order of name, in each in order of path. */
export async function diffSets(
  context: ServerContext,
  before: SetRow,
  after: SetRow,
  { after: place, limit, withText }: DiffOptions,
): Promise<Diff> {
  if (before.cluster !== after.cluster) {
    throw new LifeboatError('CONFLICT', 'the two sets are of different clusters', {
      guidance: 'Chunks are named by a key of their cluster: only sets of one cluster can be compared.',
    });
  }
  const [old, young] = [treesOf(before), treesOf(after)];
  const entries = { before: entriesOf(old), after: entriesOf(young) };
  const page: Diff = { before: before.id, after: after.id, entries, changes: [], next: null };
  const from = place === undefined ? undefined : splitPath(place);
  for (const tree of pairs(old, young)) {
    if (from !== undefined && tree.name < from.tree) continue;
    const below = tree.name === from?.tree ? from.below : undefined;
    page.next = await addTree(context, before, tree, { from: below, limit, withText }, page.changes);
    if (page.next !== null) return page;
  }
  return page;
}

/** Where the page ended, if it is full. `from`: a path that was the last of the page before, in text. */
async function addTree(
  { services }: ServerContext,
  { cluster }: SetRow,
  { name, before, after }: Tree,
  { from, limit, withText }: { from: string | undefined; limit: number; withText: boolean },
  changes: Change[],
): Promise<string | null> {
  if (before === undefined || after === undefined) {
    if (from !== undefined) return null;
    changes.push(wholeTree({ name, before, after }));
    return changes.length < limit ? null : `${name}/`;
  }
  const roots = { before: Buffer.from(before.root, 'hex'), after: Buffer.from(after.root, 'hex') };
  // The root, the empty path, is told of by `<node>/<tree>/`.
  const trees = { ...roots, from: from === undefined ? undefined : pathOfText(from) };
  let same = 0;
  for await (const difference of services.vault.diff(cluster, trees)) {
    const path = `${name}/${pathText(difference.path)}`;
    if (difference.change === 'same') same += 1;
    else {
      const text = withText ? await textOf(services.vault, cluster, difference) : null;
      changes.push({ ...viewChange(difference, path), text });
    }
    if (changes.length === limit || same === SAME_A_PAGE) return path;
  }
  return null;
}

/** Null for what is no text of configuration, or has the content that it had. */
async function textOf(vault: Vault, cluster: ClusterId, difference: Difference): Promise<string[] | null> {
  if (difference.change !== 'changed' || !difference.aspects.includes('content')) return null;
  const { before, after } = difference;
  const path = difference.path.toString('utf8');
  if (![before, after].every(({ size }) => isConfigurationText(path, size))) return null;
  return textDifference(await wholeText(vault, cluster, before), await wholeText(vault, cluster, after));
}

async function wholeText(vault: Vault, cluster: ClusterId, entry: ManifestEntry): Promise<string> {
  return (await buffer(vault.readFile(cluster, entry))).toString('utf8');
}

function wholeTree({ name, before, after }: Tree): Change {
  return {
    change: before === undefined ? 'added' : 'removed',
    path: name,
    entries: (before ?? after)!.entries,
    aspects: [],
    text: null,
    before: before === undefined ? null : treeFacts(before),
    after: after === undefined ? null : treeFacts(after),
  };
}

function viewChange(difference: Exclude<Difference, { change: 'same' }>, path: string): Omit<Change, 'text'> {
  const { change } = difference;
  return {
    change,
    path,
    entries: 1,
    aspects: change === 'changed' ? [...difference.aspects] : [],
    before: change === 'added' ? null : entryFacts(difference.before),
    after: change === 'removed' ? null : entryFacts(difference.after),
  };
}

function pairs(old: readonly CaptureRecord[], young: readonly CaptureRecord[]): Tree[] {
  const [before, after] = [byName(old), byName(young)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((name) => ({ name, before: before.get(name), after: after.get(name) }));
}

function byName(captures: readonly CaptureRecord[]): Map<string, CaptureRecord> {
  return new Map(captures.map((capture) => [treeName(capture), capture]));
}

function entriesOf(captures: readonly CaptureRecord[]): number {
  return captures.reduce((sum, { entries }) => sum + entries, 0);
}
