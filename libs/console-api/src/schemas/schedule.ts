import { z } from 'zod';
import { scheduleDocumentSchema } from '../cluster-document/schedule-document.ts';
import { countSchema, timeSchema } from './common.ts';

export const scheduleViewSchema = z
  .object({
    cluster: z.string(),
    schedule: scheduleDocumentSchema.nullable().describe('Null: sets are taken when they are asked for'),
    /** What is asked for and has not begun comes first. */
    nextRuns: z.array(timeSchema).describe('The next ones, if nothing keeps them'),
    overdue: z.boolean().describe('A run is due and waits: for a window, or for what the cluster is doing'),
    lastRun: z.object({ at: timeSchema, set: z.string() }).nullable().describe('The last set that it began'),
    missedRuns: countSchema.describe('Runs not begun in time, since the schedule was made'),
    lastGoodSet: timeSchema.nullable().describe('When the newest consistent set was asked for'),
    problem: z.string().nullable().describe('Why the last run could not begin'),
  })
  .meta({ id: 'Schedule' });

export type ScheduleView = z.output<typeof scheduleViewSchema>;
