/** What becomes of a closed pack. */
export type PackVerdict = 'keep' | 'remove' | 'repack';

/** By default a pack is repacked when this part of its frames is dead: copying the rest gives back twice what it costs. */
export const DEAD_SHARE = 0.7;

/** By bytes of frames. A pack without any is left alone: nobody recorded what it holds. */
export function judgePack(
  { frames, dead }: { readonly frames: number; readonly dead: number },
  deadShare: number = DEAD_SHARE,
): PackVerdict {
  if (frames === 0 || dead === 0) return 'keep';
  if (dead === frames) return 'remove';
  return dead / frames >= deadShare ? 'repack' : 'keep';
}
