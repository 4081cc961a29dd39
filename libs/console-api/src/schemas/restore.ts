import { KEEP_RULES, RESTORE_STATES } from '@lifeboat/model';
import { z } from 'zod';
import { countSchema, errorSchema, progressSchema, referenceSchema, timeSchema } from './common.ts';

const later = (what: string) =>
  z
    .undefined({ error: () => `${what} is not supported yet and comes later` })
    .optional()
    .meta({ type: 'null', description: `Reserved: ${what}` });

export const planRequestSchema = z
  .strictObject({
    set: referenceSchema,
    keep: z
      .enum(KEEP_RULES)
      .default('unchanged')
      .describe(
        'What of the live trees stays where it is: what its times show untouched, what its bytes prove, nothing',
      ),
    to: later('restoring to another cluster'),
    only: later('restoring a part of a set'),
  })
  .meta({ id: 'PlanRequest' });

const sliceSchema = z
  .object({
    node: z.string(),
    tree: z.string(),
    kind: z.string(),
    path: z.string(),
    excludes: z.array(z.string()),
    root: z.string(),
    capturedAt: timeSchema.nullable().describe('When the capture began'),
    keep: z.enum(KEEP_RULES),
    entries: countSchema,
    entriesKept: countSchema.describe('Look as if they could stay where they are'),
    entriesRemoved: countSchema.describe('Live, and not in the set: one with all below counts once'),
    bytes: countSchema,
    bytesKept: countSchema,
    bytesToFetch: countSchema,
    bytesSeeded: countSchema,
    filesReplaced: countSchema,
    cleared: z.array(z.string()),
  })
  .meta({ id: 'RestoreSlice' });

const databaseSliceSchema = z
  .object({
    runOn: z.string(),
    engine: z.string(),
    name: z.string(),
    root: z.string(),
    bytes: countSchema,
  })
  .meta({ id: 'DatabaseSlice' });

const searchIndexSliceSchema = z
  .object({
    node: z.string(),
    action: z.enum(['put-back', 'reset']),
    reindex: z.boolean().describe('Rebuild it from the restored database before searches are complete'),
    reasons: z.array(z.string()),
  })
  .meta({ id: 'SearchIndexSlice' });

export const planSchema = z
  .object({
    plan: z.string(),
    set: z.string(),
    cluster: z.string(),
    createdAt: timeSchema,
    slices: z.array(sliceSchema),
    database: databaseSliceSchema.nullable(),
    searchIndex: z.array(searchIndexSliceSchema).optional(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'RestorePlan' });

export const restoreRequestSchema = z.strictObject({ plan: z.uuid() }).meta({ id: 'RestoreRequest' });

export const restoreSchema = z
  .object({
    restore: z.string(),
    plan: z.string(),
    set: z.string(),
    cluster: z.string(),
    state: z.enum(RESTORE_STATES),
    millis: countSchema.nullable(),
    stageMillis: countSchema.nullable(),
    switchMillis: countSchema.nullable(),
    requestedAt: timeSchema,
    requestedBy: z.string(),
    endedAt: timeSchema.nullable(),
    finalizedAt: timeSchema.nullable().describe('The data set aside were deleted'),
    progress: progressSchema.nullable(),
    failure: errorSchema.nullable(),
  })
  .meta({ id: 'Restore' });

export const restoreDetailSchema = restoreSchema
  .extend({ steps: z.array(z.object({ at: timeSchema, step: z.string(), detail: z.unknown() })) })
  .meta({ id: 'RestoreDetail' });

export type Plan = z.output<typeof planSchema>;
export type Restore = z.output<typeof restoreSchema>;
export type RestoreDetail = z.output<typeof restoreDetailSchema>;
