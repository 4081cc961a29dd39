import { seededBytes, type SeededRandom } from '@lifeboat/testkit';
import { comparePaths, type ContentPart, type ManifestEntry } from '@lifeboat/vault-format';

const MOST_ENTRIES = 12;

/** Entries in path order, with everything that an entry may have. */
export function sampleEntries(random: SeededRandom): ManifestEntry[] {
  const paths = new Set(Array.from({ length: 1 + random.integer(MOST_ENTRIES) }, () => samplePath(random)));
  return [...paths].map((path) => sampleEntry(path, random)).sort((a, b) => comparePaths(a.path, b.path));
}

function samplePath(random: SeededRandom): string {
  const components = Array.from({ length: 1 + random.integer(4) }, () =>
    random.pick(['a', 'data', 'document_library', 'ä', '1.0', 'b'.repeat(1 + random.integer(60))]),
  );
  return components.join('/');
}

function sampleEntry(path: string, random: SeededRandom): ManifestEntry {
  const type = random.pick(['file', 'file', 'directory', 'symlink'] as const);
  const content = type === 'file' ? Array.from({ length: random.integer(4) }, () => samplePart(random)) : [];
  const maybe = <T>(value: T): T | undefined => (random.integer(3) === 0 ? value : undefined);
  const [user, group, linkGroup] = [maybe('liferay'), maybe('root'), maybe(7n)];
  const xattrs = maybe([{ name: Buffer.from('user.a'), value: seededBytes(random.next(), 5) }]);
  return {
    path: Buffer.from(path),
    type,
    mode: random.integer(0o10000),
    uid: random.integer(2 ** 32),
    gid: random.integer(70_000),
    mtimeNs: BigInt(random.integer(2 ** 31)) * 1_000_000_007n,
    ctimeNs: -1n,
    size: content.reduce((sum, part) => sum + ('hole' in part ? part.hole : part.length), 0),
    inode: BigInt(random.integer(2 ** 40)),
    content,
    ...(user && { user }),
    ...(group && { group }),
    ...(linkGroup && type === 'file' && { linkGroup }),
    ...(type === 'symlink' && { linkTarget: Buffer.from('../b') }),
    ...(xattrs && { xattrs }),
  };
}

function samplePart(random: SeededRandom): ContentPart {
  if (random.integer(3) === 0) return { hole: 1 + random.integer(2 ** 40) };
  return { chunk: seededBytes(random.next(), 33), length: 1 + random.integer(4 * 1024 * 1024) };
}
