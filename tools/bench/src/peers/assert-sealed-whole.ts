import type { ServerProcess } from '@lifeboat/dev-cluster';

import type { Survey } from '../corpus/survey.ts';
import { WrongResult } from '../wrong-result.ts';

export interface TakenSet {
  readonly set: string;
  readonly state: string;
  readonly guarantee: string | null;
  readonly bytes: { readonly wire: number; readonly read: number } | null;
  readonly failure?: unknown;
}

interface SetDetail {
  readonly captures: readonly {
    readonly node: string | null;
    readonly path: string;
    readonly entries: number;
    readonly bytes: number;
  }[];
}

interface Statement {
  readonly nodes: readonly {
    readonly trees: readonly { readonly notKept: readonly { readonly path: string }[] }[];
  }[];
}

/**
 * The set is sealed, consistent, leaves nothing out, and holds of each tree, from every node, as much as the bench has
 * counted.
 *
 * @throws WrongResult
 */
export async function assertSealedWhole(
  server: ServerProcess,
  set: TakenSet,
  { trees, nodes }: { readonly trees: readonly string[]; readonly nodes: number },
  expected: readonly Survey[],
): Promise<void> {
  const refuse = (what: string): never => {
    throw new WrongResult('lifeboat', `set ${set.set} ${what}`);
  };
  if (set.state !== 'sealed' && set.state !== 'proved')
    refuse(`ended ${set.state}: ${JSON.stringify(set.failure)}`);
  if (set.guarantee !== 'consistent') refuse(`is ${set.guarantee}`);
  const statement = await server.json<Statement>('set', 'statement', set.set);
  const [left] = statement.nodes.flatMap((node) => node.trees.flatMap(({ notKept }) => notKept));
  if (left !== undefined) refuse(`leaves out ${left.path}`);
  const { captures } = await server.json<SetDetail>('set', 'show', set.set);
  for (const [index, tree] of trees.entries()) {
    const { entries, bytes } = expected[index]!;
    const ofTree = captures.filter((capture) => capture.path === tree);
    if (ofTree.length !== nodes) refuse(`holds ${tree} of ${ofTree.length} nodes; there are ${nodes}`);
    for (const capture of ofTree) {
      if (capture.entries === entries && capture.bytes === bytes) continue;
      refuse(
        `holds ${capture.entries} entries, ${capture.bytes} bytes of ${tree}; counted are ${entries}, ${bytes}`,
      );
    }
  }
}
