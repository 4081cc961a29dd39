import { messageOf, systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import type { VaultParts } from '../../parts.ts';
import { ClosureCheck } from '../../read/closure.ts';
import { findMissingInCatalog } from '../../read/locate-in-catalog.ts';
import { readSetDocument } from '../../records/set-documents.ts';
import { LostChunks } from '../lost-chunks.ts';
import { namesOfSets } from '../names-of-sets.ts';
import { hitOf, type Hit } from './hit-sets.ts';
import type { HitSet } from './repair-report.ts';

export interface BrokenSet {
  readonly document: SetDocument;
  readonly hit: Hit;
}

/** Sets that lack what lies nowhere, or is `lost` where it lies. Those whose documents cannot be read are told of elsewhere. */
export async function findBrokenSets(
  parts: VaultParts,
  lost: LostChunks,
  onProgress: (done: number, total: number) => void,
): Promise<BrokenSet[]> {
  const broken: BrokenSet[] = [];
  const names = [...(await namesOfSets(parts))].sort();
  const closure = closureBut(parts, lost);
  for (const [index, name] of names.entries()) {
    onProgress(index, names.length);
    const document = await readDocument(parts, name);
    if (document === undefined || (await isClosed(closure, document))) continue;
    broken.push({ document, hit: await hitBut(parts, document, lost) });
  }
  return broken;
}

/** How it is now that everything was mended. */
export async function judgeMended(parts: VaultParts, { document, hit }: BrokenSet): Promise<HitSet> {
  const nothing = new LostChunks();
  if (await isClosed(closureBut(parts, nothing), document)) return hitSet(document, 'mended', hit);
  return hitSet(document, 'hit', await hitBut(parts, document, nothing));
}

/** How it would be: `areBack` says of each chunk whether it would. */
export async function judgeMendable(
  { document, hit }: BrokenSet,
  areBack: (cluster: ClusterId, ids: Buffer) => Promise<readonly boolean[]>,
): Promise<HitSet> {
  const ids = Buffer.from([...hit.missing].join(''), 'hex');
  const isWhole = (await areBack(document.cluster.id as ClusterId, ids)).every(Boolean);
  return hitSet(document, isWhole ? 'mendable' : 'hit', hit);
}

function hitSet({ set, cluster, sequence }: SetDocument, state: HitSet['state'], { trees }: Hit): HitSet {
  return { set, cluster: cluster.name, sequence, state, trees };
}

async function readDocument(parts: VaultParts, name: string): Promise<SetDocument | undefined> {
  try {
    return (await readSetDocument(parts, name)).document;
  } catch (thrown) {
    parts.log.warn({ name, reason: messageOf(thrown) }, 'a set document cannot be read');
    return undefined;
  }
}

/** One of its own: a repair trusts nothing found good before. */
function closureBut(parts: VaultParts, lost: LostChunks): ClosureCheck {
  return new ClosureCheck(
    parts,
    async (cluster, ids) => lost.findAmong(ids) ?? findMissingInCatalog(parts.catalog, cluster, ids),
  );
}

async function isClosed(closure: ClosureCheck, { cluster, captures }: SetDocument): Promise<boolean> {
  try {
    await closure.assert(
      cluster.id as ClusterId,
      captures.map(({ root }) => Buffer.from(root, 'hex')),
    );
    return true;
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'CLOSURE_BROKEN') throw thrown;
    return false;
  }
}

function hitBut(parts: VaultParts, document: SetDocument, lost: LostChunks): Promise<Hit> {
  return hitOf(parts, document, async (cluster, ids) => {
    const located = await parts.locate(cluster, ids);
    return located.flatMap((place, index) => (place === undefined || lost.has(place.id) ? [index] : []));
  });
}
