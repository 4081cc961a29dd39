import { LifeboatError } from '@lifeboat/kernel';
import { z } from 'zod';
import { clusterDocumentSchema, nameSchema } from './cluster-document/cluster-document.ts';
import { resolveClusterDocument } from './cluster-document/resolve-cluster-document.ts';
import { get, post, put } from './route.ts';
import { auditEntrySchema, auditQuerySchema } from './schemas/audit.ts';
import {
  backupSetDetailSchema,
  backupSetSchema,
  deletedSetSchema,
  acknowledgementSchema,
  acknowledgeRequestSchema,
  deleteSetRequestSchema,
} from './schemas/backup-set.ts';
import { browseQuerySchema, browseSchema } from './schemas/browse.ts';
import { appliedClusterSchema, clusterSchema, clusterSummarySchema } from './schemas/cluster.ts';
import { referenceSchema } from './schemas/common.ts';
import { diffQuerySchema, diffSchema } from './schemas/diff.ts';
import { joinRequestSchema, joinResponseSchema } from './schemas/join.ts';
import { nodeSchema, nodeTokenRequestSchema, nodeTokenSchema } from './schemas/node.ts';
import {
  planRequestSchema,
  planSchema,
  restoreDetailSchema,
  restoreRequestSchema,
  restoreSchema,
} from './schemas/restore.ts';
import { meSchema } from './schemas/role.ts';
import { statementSchema } from './schemas/statement.ts';
import {
  keyRotationSchema,
  pruneRequestSchema,
  pruneSchema,
  repairRequestSchema,
  repairSchema,
  vaultCheckRequestSchema,
  vaultCheckSchema,
  vaultProofSchema,
  vaultReindexSchema,
  vaultSchema,
} from './schemas/vault.ts';

export const API_BASE = '/api/v1';

const cluster = z.strictObject({ cluster: nameSchema });
const node = z.strictObject({ cluster: nameSchema, node: nameSchema });
const byReference = z.strictObject({ id: referenceSchema });
const byId = z.strictObject({ id: z.uuid() });
const byTwoReferences = z.strictObject({ id: referenceSchema, other: referenceSchema });
const inCluster = z.strictObject({ cluster: nameSchema.optional() });

/** Every operation of the console API, by the name under which it is called, served, described and audited. */
export const ROUTES = {
  join: post({
    path: '/join',
    summary: 'A node joins its cluster with a single-use token',
    role: 'none',
    status: 201,
    body: joinRequestSchema,
    response: joinResponseSchema,
  }),
  getMe: get({ path: '/me', summary: 'Who the caller is', role: 'viewer', response: meSchema }),

  applyCluster: put({
    path: '/clusters/:cluster',
    summary: 'Create or change a cluster',
    role: 'admin',
    params: cluster,
    // The caller sends the document, the server's work gets the definition it resolves to.
    body: clusterDocumentSchema.transform(resolveClusterDocument),
    response: appliedClusterSchema,
    check: (params, definition) => {
      if (params.cluster === definition.cluster) return;
      throw new LifeboatError(
        'USAGE',
        `the definition is of "${definition.cluster}", the address names "${params.cluster}"`,
      );
    },
  }),
  listClusters: get({
    path: '/clusters',
    summary: 'All clusters',
    role: 'viewer',
    response: z.array(clusterSummarySchema),
  }),
  getCluster: get({
    path: '/clusters/:cluster',
    summary: 'A cluster with its nodes, what it is doing and its last set',
    role: 'viewer',
    params: cluster,
    response: clusterSchema,
  }),

  listNodes: get({
    path: '/clusters/:cluster/nodes',
    summary: 'The nodes of a cluster, joined or not',
    role: 'viewer',
    params: cluster,
    response: z.array(nodeSchema),
  }),
  getNode: get({
    path: '/clusters/:cluster/nodes/:node',
    summary: 'One node',
    role: 'viewer',
    params: node,
    response: nodeSchema,
  }),
  createNodeToken: post({
    path: '/clusters/:cluster/nodes/:node/token',
    summary: 'A token with which this node joins, once',
    role: 'admin',
    secret: true,
    status: 201,
    params: node,
    body: nodeTokenRequestSchema,
    response: nodeTokenSchema,
  }),
  revokeNode: post({
    path: '/clusters/:cluster/nodes/:node/revoke',
    summary: 'Refuse this node’s certificate from now on',
    role: 'admin',
    params: node,
    response: nodeSchema,
  }),

  startSet: post({
    path: '/clusters/:cluster/sets',
    summary: 'Start a backup set',
    role: 'operator',
    status: 202,
    params: cluster,
    response: backupSetSchema,
  }),
  listSets: get({
    path: '/sets',
    summary: 'Backup sets, newest first',
    role: 'viewer',
    query: inCluster,
    response: z.array(backupSetSchema),
  }),
  getSet: get({
    path: '/sets/:id',
    summary: 'One set and what it holds',
    role: 'viewer',
    params: byReference,
    response: backupSetDetailSchema,
  }),
  getStatement: get({
    path: '/sets/:id/statement',
    summary: 'The consistency statement of a sealed set',
    role: 'viewer',
    params: byReference,
    response: statementSchema,
  }),
  browseSet: get({
    path: '/sets/:id/browse',
    summary: 'The trees of a set, and the files in them',
    role: 'viewer',
    params: byReference,
    query: browseQuerySchema,
    response: browseSchema,
  }),
  diffSets: get({
    path: '/sets/:id/diff/:other',
    summary: 'How the trees of one set became those of another',
    role: 'viewer',
    params: byTwoReferences,
    query: diffQuerySchema,
    response: diffSchema,
  }),
  cancelSet: post({
    path: '/sets/:id/cancel',
    summary: 'Stop a running set; what it owes is undone',
    role: 'operator',
    status: 202,
    params: byReference,
    response: backupSetSchema,
  }),

  acknowledgeLosses: post({
    path: '/sets/:id/acknowledge',
    summary: 'Take note of what a set lost: later sets that lose the same count it as known',
    role: 'operator',
    params: byReference,
    body: acknowledgeRequestSchema,
    response: acknowledgementSchema,
  }),
  deleteSet: post({
    path: '/sets/:id/delete',
    summary: 'Delete a sealed set; its bytes go with a later prune',
    // Whoever may take sets may not destroy them: a stolen operator's token must not end all backups.
    role: 'admin',
    params: byReference,
    body: deleteSetRequestSchema,
    response: deletedSetSchema,
  }),

  createPlan: post({
    path: '/plans',
    summary: 'What a restore of this set would do; changes nothing',
    role: 'operator',
    status: 201,
    body: planRequestSchema,
    response: planSchema,
  }),
  getPlan: get({
    path: '/plans/:id',
    summary: 'A restore plan',
    role: 'viewer',
    params: byId,
    response: planSchema,
  }),
  startRestore: post({
    path: '/restores',
    summary: 'Run a restore plan',
    role: 'operator',
    status: 202,
    body: restoreRequestSchema,
    response: restoreSchema,
  }),
  listRestores: get({
    path: '/restores',
    summary: 'Restores, newest first',
    role: 'viewer',
    query: inCluster,
    response: z.array(restoreSchema),
  }),
  getRestore: get({
    path: '/restores/:id',
    summary: 'One restore and its steps',
    role: 'viewer',
    params: byReference,
    response: restoreDetailSchema,
  }),
  rollBackRestore: post({
    path: '/restores/:id/roll-back',
    summary: 'Bring the data back that stood there before the restore',
    role: 'operator',
    status: 202,
    params: byReference,
    response: restoreSchema,
  }),
  finalizeRestore: post({
    path: '/restores/:id/finalize',
    summary: 'Delete the data that the restore set aside; no roll-back afterwards',
    role: 'operator',
    params: byReference,
    response: restoreSchema,
  }),

  getVault: get({ path: '/vault', summary: 'The vault in figures', role: 'viewer', response: vaultSchema }),
  checkVault: post({
    path: '/vault/check',
    summary: 'Verify the vault',
    role: 'operator',
    body: vaultCheckRequestSchema,
    response: vaultCheckSchema,
  }),
  reindexVault: post({
    path: '/vault/reindex',
    summary: 'Rebuild the catalog from the vault',
    role: 'admin',
    response: vaultReindexSchema,
  }),
  proveVault: post({
    path: '/vault/prove',
    summary: 'Read back and verify every pack not proved yet',
    role: 'operator',
    response: vaultProofSchema,
  }),

  rotateKeys: post({
    path: '/vault/rotate-keys',
    summary: 'Seal with the keys of a new epoch from now on',
    role: 'admin',
    response: keyRotationSchema,
  }),

  startPrune: post({
    path: '/vault/prune',
    summary: 'Give back the space that no set needs any more',
    role: 'admin',
    status: 202,
    body: pruneRequestSchema,
    response: pruneSchema,
  }),
  getPrune: get({
    path: '/vault/prune',
    summary: 'The prune under way, or the last one',
    role: 'viewer',
    response: pruneSchema,
  }),

  startRepair: post({
    path: '/vault/repair',
    summary: 'Mend what can be mended of a damaged vault; nothing is destroyed',
    role: 'admin',
    status: 202,
    body: repairRequestSchema,
    response: repairSchema,
  }),
  getRepair: get({
    path: '/vault/repair',
    summary: 'The repair under way, or the last one since the server was started',
    role: 'viewer',
    response: repairSchema,
  }),

  listAudit: get({
    path: '/audit',
    summary: 'Who did what, newest first',
    role: 'admin',
    query: auditQuerySchema,
    response: z.array(auditEntrySchema),
  }),
} as const;

type Routes = typeof ROUTES;
export type RouteName = keyof Routes;

/** What reaches the server's work: parsed and checked. */
export interface RequestOf<Name extends RouteName> {
  readonly params: z.output<Routes[Name]['params']>;
  readonly query: z.output<Routes[Name]['query']>;
  readonly body: z.output<Routes[Name]['body']>;
}

export type ResponseOf<Name extends RouteName> = z.output<Routes[Name]['response']>;

/** The same as whoever serves it may give it: read-only, of any class that has the fields. */
export type AnswerOf<Name extends RouteName> = Answer<z.input<Routes[Name]['response']>>;

type Answer<T> = T extends readonly (infer Item)[]
  ? readonly Answer<Item>[]
  : T extends object
    ? keyof Named<T> extends never
      ? Readonly<T>
      : { readonly [K in keyof Named<T>]: Answer<Named<T>[K]> }
    : T;

/** Without the index signature of a loose object, which no interface satisfies. */
type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

/** What a caller gives: parts that need nothing may be left out. */
export type InputOf<Name extends RouteName> = Part<'params', z.input<Routes[Name]['params']>> &
  Part<'query', z.input<Routes[Name]['query']>> &
  Part<'body', z.input<Routes[Name]['body']>>;

type Part<Key extends string, Value> = {} extends Value
  ? { readonly [K in Key]?: Value }
  : { readonly [K in Key]: Value };

export const ROUTE_NAMES = Object.keys(ROUTES) as RouteName[];
