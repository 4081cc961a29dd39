import { z } from 'zod';
import { retentionDocumentSchema } from '../cluster-document/retention-document.ts';
import { timeZoneSchema } from '../cluster-document/schedule-document.ts';
import { countSchema, timeSchema } from './common.ts';
import { guaranteeSchema } from './statement.ts';

export const policyRequestSchema = z
  .strictObject({
    policy: retentionDocumentSchema,
    allowLarge: z.boolean().default(false).describe('Also when this lets go of many sets at once'),
  })
  .meta({ id: 'PolicyRequest' });

export const policyViewSchema = z
  .object({
    cluster: z.string(),
    policy: retentionDocumentSchema.nullable().describe('Null: no set is let go of'),
    delaySeconds: countSchema.describe('How long a set stays after it was let go of'),
    dropped: z
      .array(
        z.object({
          set: z.string(),
          at: timeSchema,
          reason: z.string(),
          waitedSeconds: countSchema.describe('How long servers have run since'),
        }),
      )
      .describe('Sets that were let go of and are not deleted yet'),
    problem: z.string().nullable().describe('Why the policy is not carried out now'),
  })
  .meta({ id: 'Policy' });

const count = z.coerce.number().int().min(0).max(100_000).optional();

export const simulationQuerySchema = z.strictObject({
  days: z.coerce.number().int().min(0).max(3660).default(30),
  keepLast: count,
  hourly: count,
  daily: count,
  weekly: count,
  monthly: count,
  yearly: count,
  timeZone: timeZoneSchema,
});

export const simulationSchema = z
  .object({
    cluster: z.string(),
    policy: retentionDocumentSchema,
    sets: z.array(
      z.object({
        set: z.string(),
        sequence: countSchema,
        requestedAt: timeSchema,
        guarantee: guaranteeSchema,
        keep: z.boolean(),
        reasons: z.array(z.object({ rule: z.string(), keeps: z.boolean(), text: z.string() })),
      }),
    ),
    days: z
      .array(
        z.object({
          day: z.string(),
          taken: countSchema,
          dropped: z.array(z.string()).describe('Of the sets there are now'),
          droppedTaken: countSchema.describe('Of the sets that the schedule takes'),
          kept: countSchema,
        }),
      )
      .describe('Days on which the schedule takes sets'),
  })
  .meta({ id: 'PolicySimulation' });

export type PolicyView = z.output<typeof policyViewSchema>;
export type PolicySimulation = z.output<typeof simulationSchema>;
