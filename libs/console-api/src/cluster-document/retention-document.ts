import { RETENTION_RULES, type RetentionRule } from '@lifeboat/model';
import { z } from 'zod';
import { timeZoneSchema } from './schedule-document.ts';

/** At least one rule keeps something: no policy lets go of everything. */
export function keepsSomething(policy: Partial<Record<RetentionRule, number | undefined>>): boolean {
  return RETENTION_RULES.some((rule) => (policy[rule] ?? 0) > 0);
}

const keep = z.int().min(0).max(100_000).optional();

/** `retention` of cluster.yaml. */
export const retentionDocumentSchema = z
  .strictObject({
    keepLast: keep,
    hourly: keep,
    daily: keep,
    weekly: keep,
    monthly: keep,
    yearly: keep,
    timeZone: timeZoneSchema,
  })
  .refine(keepsSomething, 'must keep something: keepLast, hourly, daily, weekly, monthly or yearly')
  .meta({ id: 'RetentionDocument' });
