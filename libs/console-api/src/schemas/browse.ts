import { z } from 'zod';
import { countSchema } from './common.ts';

/** Entries, or changes, of a page that says no limit, and the most that one may ask for. */
const PAGE = 1000;
const LARGEST_PAGE = 10_000;

/** Of a page: where the one before ended, and how much. */
export const pageQuery = {
  after: z.string().max(16_384).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(LARGEST_PAGE).default(PAGE),
};

export const browseQuerySchema = z.strictObject({
  path: z
    .string()
    .max(16_384)
    .default('')
    .describe('"" lists the trees; then the `path` of any entry listed before'),
  ...pageQuery,
});

/** What is known of one entry of a tree. */
export const entryFactsSchema = z.object({
  type: z.enum(['tree', 'file', 'directory', 'symlink']),
  size: countSchema,
  mode: z.int().nullable().describe('Permission bits'),
  owner: z.string().nullable(),
  group: z.string().nullable(),
  mtime: z.string().nullable().describe('ISO 8601'),
  linkTarget: z.string().nullable(),
});

export const browseEntrySchema = entryFactsSchema
  .extend({
    name: z.string().describe('UTF-8 as it is, any other byte as \\xhh'),
    path: z.string().describe('To ask for what lies below it'),
  })
  .meta({ id: 'BrowseEntry' });

export const browseSchema = z
  .object({
    set: z.string(),
    path: z.string(),
    entries: z.array(browseEntrySchema),
    next: z.string().nullable().describe('Name of the last entry; null on the last page'),
  })
  .meta({ id: 'Browse' });

export type BrowseQuery = z.output<typeof browseQuerySchema>;
export type EntryFacts = z.output<typeof entryFactsSchema>;
export type BrowseEntry = z.output<typeof browseEntrySchema>;
export type Browse = z.output<typeof browseSchema>;
