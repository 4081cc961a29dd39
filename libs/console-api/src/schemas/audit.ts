import { z } from 'zod';
import { timeSchema } from './common.ts';

export const auditQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  before: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional()
    .describe('Only rows older than this id'),
});

export const auditEntrySchema = z
  .object({
    id: z.string(),
    at: timeSchema,
    principal: z.string(),
    action: z.string(),
    cluster: z.string().nullable(),
    subject: z.string().nullable(),
    outcome: z.string(),
    detail: z.unknown(),
  })
  .meta({ id: 'AuditEntry' });

export type AuditQuery = z.output<typeof auditQuerySchema>;
export type AuditEntry = z.output<typeof auditEntrySchema>;
