import { WrongResult } from '../wrong-result.ts';
import { runTool } from '../machine/run-tool.ts';

const SHOWN = 5;

/**
 * Restored trees are what they are to be, says rsync: names, bytes, modes, owners, links, attributes, ACLs, times to
 * the nanosecond. An independent witness: no code of any contender reads the trees.
 *
 * @throws WrongResult
 */
export async function assertSame(
  contender: { readonly name: string; readonly wholeSeconds?: boolean },
  expected: readonly string[],
  actual: readonly string[],
): Promise<void> {
  for (const [index, tree] of expected.entries()) {
    const flags = ['-aHAXSn', '--checksum', '--delete', '--itemize-changes', '--numeric-ids'];
    if (contender.wholeSeconds !== true) flags.push('--modify-window=-1');
    // Lifeboat's folder in a tree holds what a restore set aside.
    const printed = await runTool('rsync', [
      ...flags,
      '--exclude=/.lifeboat',
      `${tree}/`,
      `${actual[index]}/`,
    ]);
    const lines = printed.split('\n').filter((line) => line !== '');
    if (lines.length === 0) continue;
    const some = lines.slice(0, SHOWN).join('; ');
    throw new WrongResult(contender.name, `${tree} came back with ${lines.length} differences: ${some}`);
  }
}
