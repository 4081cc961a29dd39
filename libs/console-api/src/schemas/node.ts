import { z } from 'zod';
import { countSchema, timeSchema } from './common.ts';

export const nodeSchema = z
  .object({
    node: z.string(),
    cluster: z.string(),
    /** expected: named by the cluster's definition, never joined. */
    state: z.enum(['expected', 'joined', 'revoked']),
    online: z.boolean().describe('Its agent has a session now'),
    nodeId: z.string().nullable(),
    agentVersion: z.string().nullable(),
    joinedAt: timeSchema.nullable(),
    lastSeenAt: timeSchema.nullable(),
    certificateNotAfter: timeSchema.nullable(),
    bandwidth: z
      .object({ limit: countSchema.nullable().describe('Bytes a second now'), waitedBytes: countSchema })
      .nullable()
      .describe(
        'Of an agent whose policy bounds what it sends, and of the bytes that had to wait since its start',
      ),
  })
  .meta({ id: 'Node' });

export const nodeTokenRequestSchema = z
  .strictObject({ ttlSeconds: z.int().min(60).max(604_800).optional().describe('Default 3600') })
  .meta({ id: 'NodeTokenRequest' });

export const nodeTokenSchema = z
  .object({ token: z.string().describe('For one join, shown once'), expiresAt: timeSchema })
  .meta({ id: 'NodeToken' });

export type Node = z.output<typeof nodeSchema>;
export type NodeToken = z.output<typeof nodeTokenSchema>;
