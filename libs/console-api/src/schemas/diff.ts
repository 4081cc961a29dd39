import { z } from 'zod';
import { entryFactsSchema, pageQuery } from './browse.ts';
import { countSchema } from './common.ts';

/** In what an entry of a tree can differ from the one of an earlier set. */
const ASPECTS = ['type', 'content', 'target', 'mode', 'owner', 'modified', 'attributes', 'links'] as const;

export const diffQuerySchema = z.strictObject(pageQuery);

export const changeSchema = z
  .object({
    change: z.enum(['added', 'removed', 'changed']),
    path: z
      .string()
      .describe('Of a tree that only one of the sets has, `<node>/<tree>`: what is in it is not listed'),
    entries: countSchema.describe('1; of a tree as many as it has'),
    aspects: z.array(z.enum(ASPECTS)).describe('In what it has changed'),
    text: z
      .array(z.string())
      .nullable()
      .describe(
        'Of a small file of configuration whose content has changed: lines with a minus, a plus or a space before them, secrets masked. Null for other files, and for viewers',
      ),
    before: entryFactsSchema.nullable(),
    after: entryFactsSchema.nullable(),
  })
  .meta({ id: 'Change' });

export const diffSchema = z
  .object({
    before: z.string().describe('Id of the set that is compared with'),
    after: z.string().describe('Id of the set whose changes are told'),
    entries: z.object({ before: countSchema, after: countSchema }).describe('Of all trees'),
    changes: z
      .array(changeSchema)
      .describe('By tree, then in order of path; may be empty although more follow'),
    next: z.string().nullable().describe('Null on the last page'),
  })
  .meta({ id: 'Diff' });

export type DiffQuery = z.output<typeof diffQuerySchema>;
export type Change = z.output<typeof changeSchema>;
export type Diff = z.output<typeof diffSchema>;
