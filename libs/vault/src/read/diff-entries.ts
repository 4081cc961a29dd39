import type { ContentPart, ManifestEntry } from '@lifeboat/vault-format';

/** In what two entries of one path differ, of what a restore gives back. */
const ASPECTS = ['type', 'content', 'target', 'mode', 'owner', 'modified', 'attributes', 'links'] as const;
export type Aspect = (typeof ASPECTS)[number];

/**
 * In what `after` is not `before`; of another type, in that alone. Inode and time of change are nothing that a restore
 * gives back, and do not count. `links`: the file has other names, or has none any more.
 */
export function diffEntries(before: ManifestEntry, after: ManifestEntry): Aspect[] {
  if (before.type !== after.type) return ['type'];
  const differs: Record<Aspect, boolean> = {
    type: false,
    content: !sameContent(before.content, after.content),
    target: !sameBytes(before.linkTarget, after.linkTarget),
    mode: before.mode !== after.mode,
    owner:
      before.uid !== after.uid ||
      before.gid !== after.gid ||
      before.user !== after.user ||
      before.group !== after.group,
    modified: before.mtimeNs !== after.mtimeNs,
    attributes: !sameAttributes(before.xattrs, after.xattrs),
    links: (before.linkGroup === undefined) !== (after.linkGroup === undefined),
  };
  return ASPECTS.filter((aspect) => differs[aspect]);
}

function sameContent(before: readonly ContentPart[], after: readonly ContentPart[]): boolean {
  if (before.length !== after.length) return false;
  return before.every((part, index) => {
    const other = after[index]!;
    if ('hole' in part) return 'hole' in other && part.hole === other.hole;
    return 'chunk' in other && part.length === other.length && part.chunk.equals(other.chunk);
  });
}

function sameAttributes(before: ManifestEntry['xattrs'] = [], after: ManifestEntry['xattrs'] = []): boolean {
  return (
    before.length === after.length &&
    before.every(({ name, value }, index) => {
      const other = after[index]!;
      return name.equals(other.name) && value.equals(other.value);
    })
  );
}

function sameBytes(before: Buffer | undefined, after: Buffer | undefined): boolean {
  return before === undefined || after === undefined ? before === after : before.equals(after);
}
