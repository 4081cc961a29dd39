import { z } from 'zod';
import { clusterDocumentSchema } from '../cluster-document/cluster-document.ts';
import { timeSchema } from './common.ts';
import { nodeSchema } from './node.ts';
import { backupSetSchema } from './backup-set.ts';

export const clusterSummarySchema = z
  .object({
    cluster: z.string(),
    clusterId: z.uuid(),
    nodes: z.array(z.string()),
    createdAt: timeSchema,
    lastSet: backupSetSchema.nullable().describe('The newest set, in whatever state'),
  })
  .meta({ id: 'ClusterSummary' });

export const clusterSchema = clusterSummarySchema
  .extend({
    nodes: z.array(nodeSchema),
    definition: clusterDocumentSchema,
    /** The running set or restore, if there is one. */
    activity: z.object({ kind: z.enum(['set', 'restore']), id: z.string(), state: z.string() }).nullable(),
  })
  .meta({ id: 'Cluster' });

export const appliedClusterSchema = z
  .object({
    cluster: z.string(),
    clusterId: z.uuid(),
    created: z.boolean(),
  })
  .meta({ id: 'AppliedCluster' });

export type ClusterSummary = z.output<typeof clusterSummarySchema>;
export type Cluster = z.output<typeof clusterSchema>;
export type AppliedCluster = z.output<typeof appliedClusterSchema>;
