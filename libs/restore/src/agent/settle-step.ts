import type { SwitchIntent, TreeSwitch } from '@lifeboat/file-tree';
import { openMeans, type ChunkSource } from './chunk-source.ts';

/**
 * What a switch of this tree will do, now that no portal runs; what was to be kept and has changed meanwhile is staged
 * before it resolves. Nothing live changes. How many those were is `late`.
 */
export async function settleTree(
  place: TreeSwitch,
  excludes: readonly string[],
  source: ChunkSource,
): Promise<{ intent: SwitchIntent; late: number }> {
  const { intent, late } = await place.plan(excludes);
  if (late.length > 0) {
    const means = openMeans(source);
    try {
      await place.stageLate(late, means);
    } finally {
      await means.close();
    }
  }
  return { intent, late: late.length };
}
