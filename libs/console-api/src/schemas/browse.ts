import { z } from 'zod';
import { countSchema } from './common.ts';

export const BROWSE_LIMIT = 1000;

export const browseQuerySchema = z.strictObject({
  path: z
    .string()
    .max(8192)
    .default('')
    .describe('"" lists the trees; then the `path` of any entry listed before'),
  after: z.string().max(8192).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(10_000).default(BROWSE_LIMIT),
});

export const browseEntrySchema = z
  .object({
    name: z.string().describe('UTF-8; bytes that are not are shown as U+FFFD'),
    path: z.string().describe('To ask for what lies below it'),
    type: z.enum(['tree', 'file', 'directory', 'symlink']),
    size: countSchema,
    mode: z.int().nullable().describe('Permission bits'),
    owner: z.string().nullable(),
    group: z.string().nullable(),
    mtime: z.string().nullable().describe('ISO 8601'),
    linkTarget: z.string().nullable(),
  })
  .meta({ id: 'BrowseEntry' });

export const browseSchema = z
  .object({
    set: z.string(),
    path: z.string(),
    entries: z.array(browseEntrySchema),
    next: z.string().nullable().describe('Null on the last page'),
  })
  .meta({ id: 'Browse' });

export type BrowseQuery = z.output<typeof browseQuerySchema>;
export type BrowseEntry = z.output<typeof browseEntrySchema>;
export type Browse = z.output<typeof browseSchema>;
