import { z } from 'zod';

/** ISO 8601, UTC. */
export const timeSchema = z.iso.datetime();

export const countSchema = z.int().min(0);

/** An id, or the beginning of one that no other shares (at least four characters). */
export const referenceSchema = z
  .string()
  .regex(/^[0-9a-f][0-9a-f-]{3,35}$/, 'must be an id or at least its first four characters');

export const errorSchema = z
  .object({
    code: z.string(),
    message: z.string(),
    guidance: z.string().optional(),
    context: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'ErrorReport', description: 'What happened and what to do about it' });

export const errorBodySchema = z.object({ error: errorSchema }).meta({ id: 'ErrorBody' });

/** How far a running set or restore is. Totals are null while they are not known: no invented percentages. */
export const progressSchema = z
  .object({
    phase: z.string(),
    bytesDone: countSchema,
    bytesTotal: countSchema.nullable(),
    entriesDone: countSchema.optional(),
  })
  .meta({ id: 'Progress' });

/** read from disk; changed since the last set; wire: sent to the server; stored: added to the vault. */
export const byteFiguresSchema = z
  .object({ read: countSchema, changed: countSchema, wire: countSchema, stored: countSchema })
  .meta({ id: 'ByteFigures' });

export type ErrorBody = z.output<typeof errorBodySchema>;
export type Progress = z.output<typeof progressSchema>;
export type ByteFigures = z.output<typeof byteFiguresSchema>;
