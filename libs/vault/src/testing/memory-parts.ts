import { randomBytes, randomUUID } from 'node:crypto';
import { MemoryBlobStore } from '@lifeboat/blob-store';
import type { Catalog } from '@lifeboat/catalog';
import { KeyRing } from '@lifeboat/identity';
import { silentLog, type Clock, type VaultId } from '@lifeboat/kernel';
import { ClusterKeyChain } from '../cluster-key-chain.ts';
import { ProofGate } from '../maintenance/proof-gate.ts';
import type { VaultParts } from '../parts.ts';
import { makeVaultRecord } from '../records/vault-record.ts';

const clock: Clock = { now: () => new Date(), monotonic: () => performance.now() };

/** What a catalog answers; only what a test has to do with. */
export type CatalogAnswers = {
  readonly [Store in keyof Catalog]?: {
    readonly [Method in keyof Catalog[Store]]?: (...asked: never[]) => unknown;
  };
};

/** An empty vault in memory, with keys of its own, and a catalog that answers as it is told. */
export async function memoryParts(
  catalog: CatalogAnswers = {},
  changes: Partial<VaultParts> = {},
): Promise<VaultParts> {
  const keyRing = KeyRing.fromRoot(randomBytes(32));
  const parts = {
    id: randomUUID() as string as VaultId,
    store: new MemoryBlobStore(),
    keyRing,
    keys: new ClusterKeyChain(keyRing),
    log: silentLog,
    catalog,
    proofGate: new ProofGate(clock, async () => undefined),
    clock,
    random: randomBytes,
    ...changes,
  } as unknown as VaultParts;
  await makeVaultRecord(parts.store, parts.keyRing, clock, parts.id);
  return parts;
}
