import { z } from 'zod';
import { countSchema, errorSchema, timeSchema } from './common.ts';

const findingSchema = z
  .looseObject({
    kind: z.string(),
    subject: z.string().describe('The pack, set, record or node it is about'),
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
    keyEpoch: countSchema.describe('The epoch in whose keys is sealed what is sealed now'),
    replica: z
      .object({
        location: z.string(),
        behind: z.object({ packs: countSchema, bytes: countSchema, sets: countSchema }),
        lastSet: z.string().nullable().describe('The newest set that the replica holds whole'),
        problem: z.string().nullable().describe('Why it does not catch up'),
      })
      .nullable()
      .describe('A second store that is to hold the same vault'),
  })
  .meta({ id: 'Vault' });

export const keyRotationSchema = z
  .object({
    keyEpoch: countSchema.describe('The epoch that has begun'),
    keyFile: z
      .string()
      .describe('Where its secret lies, on the server’s host; the recovery kit is made from it'),
    fingerprint: z.string().describe('Of the vault’s key, as on the recovery kit; the same in every epoch'),
  })
  .meta({ id: 'KeyRotation' });

export const vaultCheckRequestSchema = z
  .strictObject({
    readData: z.boolean().default(false).describe('Read and verify every byte, not the index only'),
    maxSeconds: countSchema
      .optional()
      .describe('Of the data, begin no pack later than this; those proved longest ago are read first'),
  })
  .meta({ id: 'VaultCheckRequest' });

export const vaultCheckSchema = z
  .object({
    packs: countSchema,
    chunks: countSchema,
    sets: countSchema,
    data: z
      .object({
        packs: countSchema,
        bytes: countSchema,
        left: z.object({ packs: countSchema, bytes: countSchema }).describe('Not read by this check'),
        unproved: countSchema.describe('Packs without a proof'),
        oldestProof: timeSchema.nullable(),
      })
      .nullable()
      .describe('What was read of the data; null: nothing was to be'),
    findings: z.array(findingSchema),
  })
  .meta({ id: 'VaultCheck' });

export const vaultReindexSchema = z
  .object({ packs: countSchema, chunks: countSchema, sets: countSchema, clusters: countSchema })
  .meta({ id: 'VaultReindex' });

export const vaultProofSchema = z
  .object({ packs: countSchema, chunks: countSchema, findings: z.array(findingSchema) })
  .meta({ id: 'VaultProof' });

export const pruneRequestSchema = z
  .strictObject({
    dryRun: z.boolean().default(false).describe('Look and tell; change nothing'),
    allowLarge: z
      .boolean()
      .default(false)
      .describe('Also when most of the vault, or all of a cluster, would go'),
  })
  .meta({ id: 'PruneRequest' });

export const pruneSchema = z
  .object({
    state: z.enum(['never', 'running', 'done', 'failed', 'interrupted']),
    dryRun: z.boolean(),
    beganAt: timeSchema.nullable(),
    endedAt: timeSchema.nullable(),
    graceSeconds: countSchema.describe('How long what no set needs is kept all the same'),
    progress: z.object({ phase: z.string(), done: countSchema, total: countSchema.nullable() }).nullable(),
    figures: z
      .object({
        chunks: z.object({
          marked: countSchema,
          missing: countSchema,
          tombstoned: countSchema,
          revived: countSchema,
        }),
        bytes: z.object({
          total: countSchema,
          dead: countSchema,
          waiting: countSchema,
          freed: countSchema,
          copied: countSchema,
        }),
        packs: z.object({ seen: countSchema, removed: countSchema, repacked: countSchema }),
        orphans: z.object({ found: countSchema, removed: countSchema }),
      })
      .nullable()
      .describe('What it did so far, or, of a dry run, would do'),
    failure: errorSchema.nullable(),
  })
  .meta({ id: 'Prune' });

export const repairRequestSchema = z
  .strictObject({
    dryRun: z.boolean().default(false).describe('Look and tell; change nothing'),
    readData: z.boolean().default(false).describe('Read every byte of every pack, not of suspect ones only'),
    allowLarge: z.boolean().default(false).describe('Also when most packs are gone'),
  })
  .meta({ id: 'RepairRequest' });

const hitTreeSchema = z.object({
  node: z.string().nullable(),
  tree: z.string(),
  files: countSchema,
  paths: z.array(z.string()).describe('The first of them'),
});

export const repairSchema = z
  .object({
    state: z.enum(['never', 'running', 'done', 'failed']),
    dryRun: z.boolean(),
    beganAt: timeSchema.nullable(),
    endedAt: timeSchema.nullable(),
    progress: z.object({ phase: z.string(), done: countSchema, total: countSchema.nullable() }).nullable(),
    report: z
      .object({
        packs: z.object({ seen: countSchema, damaged: countSchema }),
        chunks: z.object({
          salvaged: countSchema,
          elsewhere: countSchema,
          replica: countSchema,
          lost: countSchema,
        }),
        items: z.array(
          z.object({
            subject: z.string().describe('Name of the pack, set document or record'),
            wrong: z.string(),
            outcome: z.string(),
            detail: z.string(),
          }),
        ),
        sets: z.array(
          z.object({
            set: z.string(),
            cluster: z.string(),
            sequence: countSchema,
            state: z.enum(['hit', 'mendable', 'mended']),
            trees: z.array(hitTreeSchema),
          }),
        ),
        quarantined: z.array(z.string()).describe('Names of blobs in the quarantine'),
      })
      .nullable()
      .describe('What it did, or, of a dry run, would do'),
    failure: errorSchema.nullable(),
  })
  .meta({ id: 'Repair' });

export type RepairView = z.output<typeof repairSchema>;
export type PruneView = z.output<typeof pruneSchema>;
export type VaultFinding = z.output<typeof findingSchema>;
export type KeyRotation = z.output<typeof keyRotationSchema>;
export type VaultView = z.output<typeof vaultSchema>;
export type VaultCheck = z.output<typeof vaultCheckSchema>;
export type VaultReindex = z.output<typeof vaultReindexSchema>;
export type VaultProof = z.output<typeof vaultProofSchema>;
