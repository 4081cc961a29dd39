import type { SetRow } from '@lifeboat/catalog';
import type { Browse, BrowseQuery } from '@lifeboat/console-api';
import { LifeboatError } from '@lifeboat/kernel';
import type { Child } from '@lifeboat/vault';
import { pathOfText, pathText } from '@lifeboat/vault-format';

import type { ServerContext } from '../server-context.ts';
import { entryFacts, splitPath, treeFacts, treeName, treesOf } from './trees-of-set.ts';

/** A page of a set: its trees (`<node>/<tree>`), or the direct children of a directory in one of them. */
export async function browseSet(context: ServerContext, set: SetRow, query: BrowseQuery): Promise<Browse> {
  const trees = treesOf(set);
  if (query.path === '') {
    const entries = trees.map((capture) => ({
      name: treeName(capture),
      path: treeName(capture),
      ...treeFacts(capture),
    }));
    return { set: set.id, path: '', entries, next: null };
  }
  const { tree, below } = splitPath(query.path);
  const capture = trees.find((candidate) => treeName(candidate) === tree);
  if (capture === undefined) {
    throw new LifeboatError('NOT_FOUND', `the set has no tree ${tree}`, {
      guidance: 'lifeboat set browse SET lists the trees.',
    });
  }
  const { children, more } = await context.services.vault.listDirectory(
    set.cluster,
    Buffer.from(capture.root, 'hex'),
    {
      directory: pathOfText(below),
      after: query.after === undefined ? undefined : pathOfText(query.after),
      limit: query.limit,
    },
  );
  const entries = children.map((child) => ({
    name: nameOf(child),
    path: `${tree}/${pathText(child.path)}`,
    ...entryFacts(child.entry),
  }));
  return { set: set.id, path: query.path, entries, next: more ? entries.at(-1)!.name : null };
}

function nameOf({ path }: Child): string {
  return pathText(path.subarray(path.lastIndexOf('/') + 1));
}
