import { isLifeboatError } from '@lifeboat/kernel';
import { MAX_JITTER_SECONDS, parseWindow } from '@lifeboat/model';
import { z } from 'zod';

export const timeZoneSchema = z
  .string()
  .refine(isTimeZone, 'must be a time zone’s name, such as Europe/Berlin')
  .optional();

/** `schedule` of cluster.yaml; whether its cron line can be read, and ever comes, the server says. */
export const scheduleDocumentSchema = z
  .strictObject({
    cron: z
      .string()
      .max(200)
      .refine(
        (text) => text.trim().split(/\s+/).length === 5,
        'must have the five fields of cron: "0 2 * * *"',
      ),
    timeZone: timeZoneSchema,
    windows: z
      .array(
        z.string().max(60).refine(isWindow, 'must be a window, such as 22:00-06:00 or sat,sun 00:00-24:00'),
      )
      .max(50)
      .optional()
      .describe('When sets may begin; always when left out'),
    jitterSeconds: z.int().min(0).max(MAX_JITTER_SECONDS).optional(),
    catchUp: z.boolean().optional().describe('Make up for missed runs with one set; true when left out'),
  })
  .meta({ id: 'ScheduleDocument' });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function isWindow(text: string): boolean {
  try {
    parseWindow(text);
    return true;
  } catch (error) {
    if (isLifeboatError(error)) return false;
    throw error;
  }
}
