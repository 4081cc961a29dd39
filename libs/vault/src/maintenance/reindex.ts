import type { ChunkRecord, NodeRow } from '@lifeboat/catalog';
import type { ClusterDefinition, LossAcknowledgement, SetDeletion } from '@lifeboat/model';
import {
  invariant,
  isBreach,
  messageOf,
  uuidFromBytes,
  type ClusterId,
  type NodeId,
  type PackName,
} from '@lifeboat/kernel';
import type { PackTableRow } from '@lifeboat/vault-format';
import { packNameOf, PACKS } from '../layout.ts';
import { CHUNK_TYPE_NUMBER } from '../pack/chunk-type-number.ts';
import { closedPackBytes } from '../pack/pack-bytes.ts';
import { packRows } from '../pack/pack-rows.ts';
import { readPackHeader } from '../pack/pack-table.ts';
import type { VaultParts } from '../parts.ts';
import { listControl } from '../records/control-records.ts';
import { finishDeletions, readDeletions } from '../records/set-deletions.ts';
import { listSetDocuments, readSetDocument } from '../records/set-documents.ts';

export interface ReindexReport {
  readonly packs: number;
  readonly chunks: number;
  readonly sets: number;
  readonly clusters: number;
}

/** What `clusters/<id>` holds; written by whoever applies a cluster's definition. */
export interface ClusterRecord {
  readonly id: ClusterId;
  readonly definition: ClusterDefinition;
}

type Deletions = ReadonlyMap<string, SetDeletion>;

/** What `nodes/<id>` holds of a node that has joined. */
export function nodeRecordOf(row: NodeRow): NodeRecord {
  invariant(row.serial !== null && row.certificateNotAfter !== null, 'the node has joined');
  return {
    id: row.id,
    cluster: row.cluster,
    name: row.name,
    serial: row.serial,
    machineId: row.machineId,
    notAfter: row.certificateNotAfter.toISOString(),
    revoked: row.state === 'revoked',
  };
}

/** What `nodes/<id>` holds. */
export interface NodeRecord {
  readonly id: NodeId;
  readonly cluster: ClusterId;
  readonly name: string;
  readonly serial: string;
  readonly machineId: string | null;
  readonly notAfter: string;
  readonly revoked?: boolean;
}

/**
 * Brings the catalog back from the vault alone: control records, then packs, then open packs (`recoverOpenPacks`),
 * then sets. Rows that are there already stay as they are, so it may be run again.
 */
export async function reindexVault(
  parts: VaultParts,
  recoverOpenPacks: () => Promise<void>,
): Promise<ReindexReport> {
  const deletions = await readDeletions(parts);
  const clusters = await replayControl(parts, deletions);
  const { packs, chunks } = await adoptPacks(parts);
  await recoverOpenPacks();
  const sets = await adoptSets(parts, deletions);
  return { packs, chunks, sets, clusters };
}

async function replayControl(parts: VaultParts, deletions: Deletions): Promise<number> {
  const nodes: NodeRecord[] = [];
  const acknowledgements: LossAcknowledgement[] = [];
  const clusters = new Set<ClusterId>();
  for await (const { name, plain } of listControl(parts)) {
    if (name.startsWith('clusters/')) {
      const { id, definition } = plain as ClusterRecord;
      await parts.catalog.clusters.apply(id, definition);
      clusters.add(id);
    } else if (name.startsWith('nodes/')) nodes.push(plain as NodeRecord);
    else if (name.startsWith('acknowledgements/')) acknowledgements.push(plain as LossAcknowledgement);
  }
  await adoptClustersOfSets(parts, deletions, clusters);
  for (const { id, cluster, name, serial, machineId, notAfter, revoked } of nodes) {
    if (await parts.catalog.nodes.byId(cluster, id)) continue;
    await parts.catalog.nodes.join({ id, cluster, name, serial, machineId, notAfter: new Date(notAfter) });
    if (revoked === true) await parts.catalog.nodes.revoke(cluster, id);
  }
  // Sets that are adopted afterwards settle what they have again.
  for (const acknowledgement of acknowledgements) {
    if (clusters.has(acknowledgement.cluster.id as ClusterId))
      await parts.catalog.acknowledgements.record(acknowledgement);
  }
  return clusters.size;
}

/** A set document knows its cluster, should the control record be lost. */
async function adoptClustersOfSets(
  parts: VaultParts,
  deletions: Deletions,
  clusters: Set<ClusterId>,
): Promise<void> {
  for await (const name of listSetDocuments(parts.store, deletions)) {
    const { document } = await readSetDocument(parts, name);
    const id = document.cluster.id as ClusterId;
    if (clusters.has(id)) continue;
    await parts.catalog.clusters.apply(id, document.definition as ClusterDefinition);
    clusters.add(id);
  }
}

async function adoptPacks(parts: VaultParts): Promise<{ packs: number; chunks: number }> {
  let [packs, chunks] = [0, 0];
  for await (const { name: blob, size } of parts.store.list(PACKS)) {
    const name = packNameOf(blob);
    if (name === undefined || (await isKnown(parts, name))) continue;
    try {
      chunks += await adoptPack(parts, name, size);
      packs += 1;
    } catch (thrown) {
      if (!isBreach(thrown)) throw thrown;
      parts.log.error({ pack: name, reason: messageOf(thrown) }, 'a pack cannot be read and is left out');
    }
  }
  return { packs, chunks };
}

/** A pack whose rows were interrupted is adopted again. */
async function isKnown(parts: VaultParts, name: PackName): Promise<boolean> {
  const row = await parts.catalog.packs.byName(name);
  return row !== undefined && (await parts.catalog.chunks.ofPack(row.id)).length > 0;
}

/** Rows of a closed pack that the catalog does not know. How many chunks. */
export async function adoptPack(parts: VaultParts, name: PackName, bytes: number): Promise<number> {
  const bytesOf = closedPackBytes(parts.store, name);
  const context = await readPackHeader(bytesOf);
  const cluster = uuidFromBytes(context.cluster) as ClusterId;
  const rows = await packRows(parts, cluster, bytesOf);
  const pack = await parts.catalog.packs.adopt({ cluster, name, bytes });
  const records = recordsOf(rows, pack);
  await parts.catalog.chunks.insert(cluster, null, records);
  return records.length;
}

/** What the catalog notes of the chunks of a pack. */
export function recordsOf(rows: readonly PackTableRow[], pack: bigint): ChunkRecord[] {
  return rows.flatMap(({ kind, id, type, offset, length, rawLength }): ChunkRecord[] =>
    kind === 'key'
      ? []
      : [{ id: Buffer.from(id), type: CHUNK_TYPE_NUMBER[type], pack, offset, length, rawLength }],
  );
}

/** A deleted set stays deleted, and keeps its place in the cluster's chain. */
async function adoptSets(parts: VaultParts, deletions: Deletions): Promise<number> {
  let sets = 0;
  for (const deletion of deletions.values()) {
    if (await parts.catalog.clusters.byId(deletion.cluster.id as ClusterId))
      await parts.catalog.sets.delete(deletion);
  }
  await finishDeletions(parts);
  for await (const name of listSetDocuments(parts.store, deletions)) {
    const { document, hash } = await readSetDocument(parts, name);
    await parts.catalog.sets.adopt({ document, documentName: name, documentHash: hash });
    sets += 1;
  }
  return sets;
}
