import type { ChunkRecord, PackRow } from '@lifeboat/catalog';
import type { PackName } from '@lifeboat/kernel';
import { packBlob, packNameOf, PACKS } from '../layout.ts';
import type { VaultParts } from '../parts.ts';
import { finding, type Finding } from './finding.ts';
import type { LostChunks } from './lost-chunks.ts';
import { strayFindings, strayRows } from './stray-rows.ts';
import { verifyPackFrame } from './verify-pack.ts';

const PAGE = 500;
const UNKNOWN =
  'the vault has it, the catalog does not know it: what a killed prune left goes with a later one; else run "lifeboat vault reindex"';

/** Packs against the catalog, and their tables; tells `lost` of the chunks that are not where they should be. */
export async function checkPacks(
  parts: VaultParts,
  lost: LostChunks,
): Promise<{ count: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  let count = 0;
  for await (const { name, pack } of closedPacks(parts)) {
    count += 1;
    const { findings: found, unreadable } = await checkPack(parts, name, pack);
    // A prune may have deleted it since it was listed.
    if (found.length > 0 && (await parts.catalog.packs.byName(name)) === undefined) continue;
    findings.push(...found);
    lost.add(unreadable);
  }
  for await (const blob of parts.store.list(PACKS)) {
    const name = packNameOf(blob.name);
    if (name !== undefined && (await parts.catalog.packs.byName(name)) !== undefined) continue;
    if ((await parts.store.size(blob.name)) === undefined) continue;
    findings.push(finding(blob.name, 'pack-unknown', UNKNOWN));
  }
  return { count, findings };
}

export async function* closedPacks(
  parts: VaultParts,
): AsyncGenerator<{ readonly name: PackName; readonly pack: PackRow }> {
  for (let after = 0n; ;) {
    const page = await parts.catalog.packs.listClosed(after, PAGE);
    for (const pack of page) {
      after = pack.id;
      if (pack.name !== null) yield { name: pack.name, pack };
    }
    if (page.length < PAGE) return;
  }
}

async function checkPack(
  parts: VaultParts,
  name: PackName,
  pack: PackRow,
): Promise<{ findings: readonly Finding[]; unreadable: readonly ChunkRecord[] }> {
  const { findings, isMissing, strays } = await lookAtPack(parts, name, pack);
  return { findings, unreadable: isMissing ? await parts.catalog.chunks.ofPack(pack.id) : strays };
}

/** What can be seen of a pack without its data. */
export async function lookAtPack(
  parts: VaultParts,
  name: PackName,
  pack: PackRow,
): Promise<{ isMissing: boolean; findings: readonly Finding[]; strays: readonly ChunkRecord[] }> {
  const size = await parts.store.size(packBlob(name));
  if (size === undefined) {
    const missing = finding(name, 'pack-missing', 'the catalog knows it, the vault does not have it');
    return { isMissing: true, findings: [missing], strays: [] };
  }
  const length =
    size === pack.bytes
      ? []
      : [finding(name, 'pack-damaged', `it has ${size} bytes instead of ${pack.bytes}`)];
  const { findings, table } = await verifyPackFrame(parts, pack.cluster, name);
  const strays = table === undefined ? [] : await strayRows(parts.catalog, pack, table);
  const told = [...length, ...findings, ...strayFindings(name, strays)];
  return { isMissing: false, findings: told, strays };
}
