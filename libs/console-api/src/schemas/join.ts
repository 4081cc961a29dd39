import { z } from 'zod';
import { timeSchema } from './common.ts';

export const joinRequestSchema = z
  .strictObject({
    token: z.string().min(1).max(512),
    csr: z.string().min(1).max(16_384).describe('PEM; the private key never leaves the node'),
    machineId: z.string().min(1).max(128),
    agentVersion: z.string().min(1).max(64),
  })
  .meta({ id: 'JoinRequest' });

export const joinResponseSchema = z
  .object({
    certificate: z.string().describe('PEM, for the key of the request'),
    ca: z.string().describe('PEM of the authority that signs server and nodes'),
    node: z.string(),
    cluster: z.string(),
    grpc: z.string().describe('host:port for the agent’s session'),
    nodeId: z.uuid(),
    clusterId: z.uuid(),
    notAfter: timeSchema,
  })
  .meta({ id: 'JoinResponse' });

export type JoinRequest = z.output<typeof joinRequestSchema>;
export type JoinResponse = z.output<typeof joinResponseSchema>;
