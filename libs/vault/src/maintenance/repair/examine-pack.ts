import type { ChunkRecord, FramePlaces, PackRow } from '@lifeboat/catalog';
import type { ClusterId, PackName } from '@lifeboat/kernel';
import { closedPackBytes } from '../../pack/pack-bytes.ts';
import type { VaultParts } from '../../parts.ts';
import { wholePack } from '../../replica/copy-verified.ts';
import { lookAtPack } from '../check-packs.ts';
import type { Finding } from '../finding.ts';
import { verifyPackBytes, type PackVerdict } from '../verify-pack-bytes.ts';
import { isHarmed, judgeDamage, type PackRemedy } from './judge-damage.ts';
import type { KeySearch } from './key-search.ts';

export interface ExaminedPack {
  readonly name: PackName;
  readonly pack: PackRow;
  readonly remedy: PackRemedy;
  readonly findings: readonly Finding[];
  /** Frames of it that are what they say, wherever the catalog thinks they are. */
  readonly good: FramePlaces;
  /** Rows that point to no such frame. */
  readonly lost: readonly ChunkRecord[];
}

const NOTHING: PackVerdict = { findings: [], good: { offsets: [], ids: Buffer.alloc(0) } };

/** Undefined of a pack of which there is no reason to think that it is not whole. */
export async function examinePack(
  parts: VaultParts,
  search: KeySearch,
  name: PackName,
  pack: PackRow,
  readData: boolean,
): Promise<ExaminedPack | undefined> {
  const { isMissing, findings } = await lookAtPack(parts, name, pack);
  const isProved = pack.provedAt !== null;
  if (findings.length === 0 && isProved && !readData) return undefined;
  const verdict = isMissing ? NOTHING : await verifyPack(parts, search, pack.cluster, name);
  const judged = judgeDamage({ isMissing, outside: findings, inside: verdict.findings, isProved });
  if (judged === undefined) return undefined;
  const remedy = isHarmed({ remedy: judged }) && (await isInReplica(parts, name)) ? 'replace' : judged;
  const lost = await parts.catalog.chunks.ofPackExcept(pack.id, verdict.good);
  return { name, pack, remedy, findings: [...findings, ...verdict.findings], good: verdict.good, lost };
}

async function isInReplica({ replica }: VaultParts, name: PackName): Promise<boolean> {
  return replica !== undefined && (await wholePack(replica.store, name)) !== undefined;
}

/** Every byte, with the keys of other packs where its own are damaged. */
export async function verifyPack(
  parts: VaultParts,
  search: KeySearch,
  cluster: ClusterId,
  name: PackName,
): Promise<PackVerdict> {
  return verifyPackBytes(closedPackBytes(parts.store, name), await search.keysOf(cluster, name));
}
