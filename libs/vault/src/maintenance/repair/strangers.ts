import { uuidFromBytes, type ClusterId, type PackName } from '@lifeboat/kernel';
import { packNameOf, PACKS } from '../../layout.ts';
import { closedPackBytes } from '../../pack/pack-bytes.ts';
import { readPackHeader } from '../../pack/pack-table.ts';
import { scanPack } from '../../pack/scan-pack.ts';
import type { VaultParts } from '../../parts.ts';
import { finding, packFinding, type Finding } from '../finding.ts';
import { isBeingClosed } from '../prune/orphans.ts';
import type { PackVerdict } from '../verify-pack-bytes.ts';
import { verifyPack } from './examine-pack.ts';
import { hexIds } from './hex-ids.ts';
import type { KeySearch } from './key-search.ts';

/** A blob among the packs of which the catalog does not know. */
export interface Stranger {
  readonly name: PackName;
  readonly bytes: number;
  /** Undefined when nothing in it says so. */
  readonly cluster: ClusterId | undefined;
  readonly verdict: PackVerdict;
  /** Hex ids that sets lack and it holds. */
  readonly wanted: readonly string[];
}

/** `missing`: hex ids of what sets lack. Blobs that are no packs by their very names are told to `onForeign`. */
export async function* strangers(
  parts: VaultParts,
  search: KeySearch,
  missing: ReadonlySet<string>,
  onForeign: (found: Finding) => void,
): AsyncGenerator<Stranger> {
  for await (const { name: blob, size } of parts.store.list(PACKS)) {
    const name = packNameOf(blob);
    if (name === undefined) {
      onForeign(finding(blob, 'pack-unknown', 'no pack is named so'));
      continue;
    }
    if ((await parts.catalog.packs.byName(name)) !== undefined || (await isBeingClosed(parts, name)))
      continue;
    if ((await parts.store.size(blob)) === undefined) continue;
    const cluster = await clusterOf(parts, name);
    const verdict = cluster === undefined ? nothingIn(name) : await verifyPack(parts, search, cluster, name);
    const wanted = hexIds(verdict.good.ids).filter((id) => missing.has(id));
    yield { name, bytes: size, cluster, verdict, wanted };
  }
}

function nothingIn(name: PackName): PackVerdict {
  const found = finding(name, 'pack-damaged', 'nothing in it is of this vault');
  return { findings: [found], good: { offsets: [], ids: Buffer.alloc(0) } };
}

/** By its header or, where that is damaged, by its first frame; undefined also of another vault's. */
async function clusterOf(parts: VaultParts, name: PackName): Promise<ClusterId | undefined> {
  const pack = closedPackBytes(parts.store, name);
  try {
    const { vault, cluster } = await readPackHeader(pack);
    return uuidFromBytes(vault) === (parts.id as string) ? (uuidFromBytes(cluster) as ClusterId) : undefined;
  } catch (thrown) {
    // Trouble that says nothing about the bytes is thrown on.
    packFinding(name, thrown);
    for await (const { frames } of scanPack(pack, await pack.size())) {
      const own = frames.find(({ header }) => uuidFromBytes(header.vault) === (parts.id as string));
      if (own !== undefined) return uuidFromBytes(own.header.cluster) as ClusterId;
    }
    return undefined;
  }
}
