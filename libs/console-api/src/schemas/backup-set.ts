import { BACKUP_SET_STATES } from '@lifeboat/model';
import { z } from 'zod';
import { byteFiguresSchema, countSchema, errorSchema, progressSchema, timeSchema } from './common.ts';
import { guaranteeSchema, pointSchema } from './statement.ts';

export const backupSetSchema = z
  .object({
    set: z.string(),
    cluster: z.string(),
    state: z.enum(BACKUP_SET_STATES),
    guarantee: guaranteeSchema.nullable().describe('Null until it is known'),
    point: pointSchema.nullable().describe('Null until it is known, and for a cluster without a database'),
    bytes: byteFiguresSchema.nullable(),
    millis: countSchema.nullable().describe('From request to seal, or to its end when it was not sealed'),
    sequence: countSchema.nullable().describe('1, 2, 3… per cluster, given by the seal'),
    requestedAt: timeSchema,
    requestedBy: z.string(),
    sealedAt: timeSchema.nullable(),
    provedAt: timeSchema.nullable(),
    progress: progressSchema.nullable(),
    failure: errorSchema.nullable(),
  })
  .meta({ id: 'BackupSet' });

export const captureSchema = z
  .object({
    node: z.string().nullable().describe('Null for what belongs to the whole cluster'),
    tree: z.string(),
    kind: z.string(),
    path: z.string(),
    entries: countSchema,
    bytes: countSchema,
  })
  .meta({ id: 'Capture' });

export const backupSetDetailSchema = backupSetSchema
  .extend({ captures: z.array(captureSchema), warnings: z.array(z.string()) })
  .meta({ id: 'BackupSetDetail' });

export const deleteSetRequestSchema = z
  .strictObject({
    reason: z.string().trim().min(1).max(1000).optional().describe('Kept with the record of the deletion'),
    force: z.boolean().default(false).describe('Also the newest set that a restore would use'),
  })
  .meta({ id: 'DeleteSetRequest' });

export const acknowledgeRequestSchema = z
  .strictObject({ reason: z.string().trim().min(1).max(1000).describe('Why these losses are accepted') })
  .meta({ id: 'AcknowledgeRequest' });

export const acknowledgementSchema = z
  .object({
    set: z.string(),
    cluster: z.string(),
    losses: countSchema.describe('Documents and images that the set lost'),
    acknowledgedAt: timeSchema,
    acknowledgedBy: z.string(),
    reason: z.string(),
  })
  .meta({ id: 'Acknowledgement' });

export const deletedSetSchema = z
  .object({
    set: z.string(),
    cluster: z.string(),
    sequence: countSchema,
    sealedAt: timeSchema,
    guarantee: guaranteeSchema,
    deletedAt: timeSchema,
    deletedBy: z.string(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'DeletedSet' });

export type DeletedSet = z.output<typeof deletedSetSchema>;
export type BackupSet = z.output<typeof backupSetSchema>;
export type BackupSetDetail = z.output<typeof backupSetDetailSchema>;
