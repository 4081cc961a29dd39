import { uuidFromBytes, type ClusterId, type PackName } from '@lifeboat/kernel';
import { packNameOf, PACKS } from '../layout.ts';
import type { CheckReport } from '../maintenance/check.ts';
import { checkRecords } from '../maintenance/check-records.ts';
import { finding, packFinding, withoutRepeats, type Finding } from '../maintenance/finding.ts';
import { setFinding } from '../maintenance/set-chain.ts';
import { verifyPackData, verifyPackFrame } from '../maintenance/verify-pack.ts';
import { closedPackBytes } from '../pack/pack-bytes.ts';
import { readPackHeader } from '../pack/pack-table.ts';
import type { ReadParts } from '../parts.ts';
import type { IsReadable, OfflineVault, StoredSet } from './offline-vault.ts';

export interface CheckOptions {
  readonly readData: boolean;
  /** Told behind each pack: how many so far. */
  readonly onPack?: (packs: number) => void;
}

type PackParts = Omit<ReadParts, 'locate'>;

/** As `checkVault`, without a catalog to compare with: what the packs say of themselves is all there is. */
export async function checkOffline(
  vault: OfflineVault,
  parts: PackParts,
  options: CheckOptions,
): Promise<CheckReport> {
  const { sets, findings: documents } = await vault.sets();
  const packs = await checkPacks(parts, options);
  const clusters = new Set([
    ...packs.clusters,
    ...sets.map(({ document }) => document.cluster.id as ClusterId),
  ]);
  const records = await checkRecords({ ...parts, locate: async () => [] });
  const findings = [...packs.findings, ...documents, ...records];
  let chunks = 0;
  for (const cluster of clusters) {
    const own = sets.filter(({ document }) => document.cluster.id === cluster);
    const checked = await checkClosure(vault, cluster, own, packs.isReadable);
    chunks += checked.chunks;
    findings.push(...checked.findings);
  }
  return { packs: packs.count, chunks, sets: sets.length, findings: withoutRepeats(findings) };
}

async function checkPacks(
  parts: PackParts,
  { readData, onPack }: CheckOptions,
): Promise<{ count: number; clusters: Set<ClusterId>; findings: Finding[]; isReadable: IsReadable }> {
  /** Offsets of what could be read of the packs in which something could not. */
  const damaged = new Map<PackName, ReadonlySet<number>>();
  const reading = { ...parts, locate: async () => [] };
  const clusters = new Set<ClusterId>();
  const findings: Finding[] = [];
  let count = 0;
  for await (const { name: blob } of parts.store.list(PACKS)) {
    const name = packNameOf(blob);
    if (name === undefined) {
      findings.push(finding(blob, 'pack-unknown', 'no pack is named so'));
      continue;
    }
    onPack?.((count += 1));
    try {
      const cluster = await clusterOf(parts, name);
      clusters.add(cluster);
      findings.push(...(await verifyPackFrame(reading, cluster, name)).findings);
      if (!readData) continue;
      const verdict = await verifyPackData(reading, cluster, name);
      findings.push(...verdict.findings);
      if (verdict.findings.length > 0) damaged.set(name, new Set(verdict.good.offsets));
    } catch (thrown) {
      findings.push(packFinding(name, thrown));
    }
  }
  const isReadable: IsReadable = (name, offset) => damaged.get(name)?.has(offset) ?? true;
  return { count, clusters, findings, isReadable };
}

async function clusterOf({ store }: PackParts, name: PackName): Promise<ClusterId> {
  return uuidFromBytes((await readPackHeader(closedPackBytes(store, name))).cluster) as ClusterId;
}

async function checkClosure(
  vault: OfflineVault,
  cluster: ClusterId,
  sets: readonly StoredSet[],
  isReadable: IsReadable,
): Promise<{ chunks: number; findings: Finding[] }> {
  const opened = await vault.cluster(cluster, { isReadable });
  const findings: Finding[] = [];
  try {
    for (const { name, document } of sets) {
      try {
        await opened.assertClosure(document.captures.map(({ root }) => Buffer.from(root, 'hex')));
      } catch (thrown) {
        findings.push(setFinding(name, thrown));
      }
    }
    return { chunks: opened.chunks, findings };
  } finally {
    opened.close();
  }
}
