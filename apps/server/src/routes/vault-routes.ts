import { messageOf } from '@lifeboat/kernel';

import type { RouteWork } from '../http/index.ts';
import type { ServerContext } from '../server-context.ts';

type VaultRoutes = Pick<
  RouteWork,
  | 'getVault'
  | 'checkVault'
  | 'reindexVault'
  | 'proveVault'
  | 'rotateKeys'
  | 'startPrune'
  | 'getPrune'
  | 'startRepair'
  | 'getRepair'
  | 'listAudit'
  | 'getMe'
>;

export function vaultRoutes(context: ServerContext): VaultRoutes {
  const { catalog, services, sets, prunes, proofs, repairs, replicas, vaultLocation } = context;
  const { vault } = services;
  return {
    getMe: async (caller) => ({ name: caller.name, role: caller.role }),
    getVault: async () => {
      const packs = await catalog.packs.totals();
      const chunks = await catalog.chunks.totals();
      const sets = (await catalog.sets.list()).filter((row) => row.sequence !== null);
      return {
        vault: vault.id,
        location: vaultLocation,
        packs: packs.open + packs.closed,
        chunks: chunks.chunks,
        sets: sets.length,
        bytes: packs.bytes,
        unprovedPacks: packs.closed - packs.proved,
        keyEpoch: services.keyRing.epoch,
        replica: await replicas.view(),
      };
    },
    checkVault: async (_caller, { body }) => {
      const { readData, maxSeconds } = body;
      const box = maxSeconds === undefined ? {} : { maxMillis: maxSeconds * 1000 };
      const { data, findings, ...counts } = await vault.check({ readData, ...box });
      if (data !== null) proofs.checked(data);
      return {
        ...counts,
        data: data && { ...data, oldestProof: data.oldestProof?.toISOString() ?? null },
        findings: findings.map((finding) => ({ ...finding })),
      };
    },
    reindexVault: async () => {
      const found = await vault.reindex();
      // Until what was found is proved no node's chunk counts as there, and the next set would send them all again.
      void sets
        .proveSealed()
        .catch((error: unknown) => services.log.warn({ error: messageOf(error) }, 'proof put off'));
      return { ...found };
    },
    proveVault: async () => {
      const { findings, ...counts } = await vault.prove({ again: true });
      return { ...counts, findings: findings.map((finding) => ({ ...finding })) };
    },
    rotateKeys: async () => context.rotateKeys(),
    startPrune: async (_caller, { body }) => {
      prunes.start(body);
      return prunes.view();
    },
    getPrune: async () => prunes.view(),
    startRepair: async (_caller, { body }) => {
      repairs.start(body);
      return repairs.view();
    },
    getRepair: async () => repairs.view(),
    listAudit: async (_caller, { query }) => {
      const before = query.before === undefined ? undefined : BigInt(query.before);
      const names = new Map((await catalog.clusters.list()).map((row) => [row.id, row.name]));
      return (await catalog.audit.list({ limit: query.limit, before })).map((row) => ({
        id: String(row.id),
        at: row.at.toISOString(),
        principal: row.principal,
        action: row.action,
        cluster: row.cluster === null ? null : (names.get(row.cluster) ?? row.cluster),
        subject: row.subject,
        outcome: row.outcome,
        detail: row.detail,
      }));
    },
  };
}
