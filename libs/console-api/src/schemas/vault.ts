import { z } from 'zod';
import { countSchema } from './common.ts';

const findingSchema = z
  .looseObject({
    kind: z.string(),
    subject: z.string().describe('The pack, set or chunk it is about'),
    message: z.string(),
  })
  .meta({ id: 'Finding' });

export const vaultSchema = z
  .object({
    vault: z.uuid(),
    location: z.string(),
    packs: countSchema,
    chunks: countSchema,
    sets: countSchema,
    bytes: countSchema,
    unprovedPacks: countSchema,
  })
  .meta({ id: 'Vault' });

export const vaultCheckRequestSchema = z
  .strictObject({
    readData: z.boolean().default(false).describe('Read and verify every byte, not the index only'),
  })
  .meta({ id: 'VaultCheckRequest' });

export const vaultCheckSchema = z
  .object({ packs: countSchema, chunks: countSchema, sets: countSchema, findings: z.array(findingSchema) })
  .meta({ id: 'VaultCheck' });

export const vaultReindexSchema = z
  .object({ packs: countSchema, chunks: countSchema, sets: countSchema, clusters: countSchema })
  .meta({ id: 'VaultReindex' });

export const vaultProofSchema = z
  .object({ packs: countSchema, chunks: countSchema, findings: z.array(findingSchema) })
  .meta({ id: 'VaultProof' });

export type VaultFinding = z.output<typeof findingSchema>;
export type VaultView = z.output<typeof vaultSchema>;
export type VaultCheck = z.output<typeof vaultCheckSchema>;
export type VaultReindex = z.output<typeof vaultReindexSchema>;
export type VaultProof = z.output<typeof vaultProofSchema>;
