import { isSlug } from '@lifeboat/kernel';
import { z } from 'zod';
import { retentionDocumentSchema } from './retention-document.ts';
import { scheduleDocumentSchema } from './schedule-document.ts';

/**
 * `cluster.yaml` as the operator writes it (design: fixed outside contracts). Unknown keys are refused by name, so
 * that a misspelt `databse` never becomes a cluster without a database.
 */
const notSupportedYet = (what: string, supported: string) => (issue: { readonly input?: unknown }) => {
  const input = issue.input;
  const kind = typeof input === 'object' && input !== null ? (input as { kind?: unknown }).kind : input;
  return kind === undefined
    ? `kind is missing; only "${supported}" is supported for now`
    : `${what} of kind ${JSON.stringify(kind)} are not supported yet and come later; only "${supported}" is for now`;
};

export const nameSchema = z
  .string()
  .refine(isSlug, 'must be a name of 1 to 63 lower-case letters, digits and inner hyphens');

/** Absolute, without `.` and `..`, so that the same place has one spelling. */
const absolutePathSchema = z
  .string()
  .max(4096)
  .refine(isCleanAbsolutePath, 'must be an absolute path without "." or ".." or a trailing slash');

const relativePathSchema = z.string().min(1).max(4096);

const nodeSchema = z
  .strictObject({ liferayHome: absolutePathSchema.optional() })
  .nullable()
  .describe('What is left out is found on the node by the portal’s own rules');

const databaseSchema = z
  .strictObject({
    from: z.literal('portal-properties').optional(),
    kind: z.enum(['postgresql', 'mariadb', 'mysql']).optional(),
    url: z
      .string()
      .optional()
      .describe('postgres://user@host:port/name or mysql://user@host:port/name, no password'),
    passwordFile: absolutePathSchema
      .optional()
      .describe('On the host that runOn names; holds the password only'),
    runOn: z.string().optional().describe('"server" (the default) or a node’s name'),
  })
  .meta({ id: 'DatabaseDocument' });

const documentStoreSchema = z
  .strictObject({
    kind: z.enum(['file-system', 'advanced-file-system', 'database'], {
      error: notSupportedYet('document stores', 'file-system'),
    }),
    path: absolutePathSchema.optional(),
    shared: z
      .boolean()
      .optional()
      .describe('The nodes mount one root: needed only where that cannot be told'),
    derivedFiles: z
      .enum(['capture', 'skip'])
      .optional()
      .describe('Previews, thumbnails and adaptive media: "capture" (the default), or "skip"'),
  })
  .meta({ id: 'DocumentStoreDocument' });

const pathSourceSchema = z.strictObject({
  kind: z.literal('path'),
  node: nameSchema,
  path: absolutePathSchema,
});

const sourceSchema = z
  .discriminatedUnion('kind', [pathSourceSchema], { error: notSupportedYet('sources', 'path') })
  .meta({ id: 'SourceDocument' });

const searchIndexSchema = z
  .strictObject({
    kind: z
      .enum(['lucene', 'none'], { error: notSupportedYet('search indexes', 'lucene') })
      .describe('none: left out of sets, rebuilt after a restore'),
    path: relativePathSchema
      .optional()
      .describe('Absolute, or relative to Liferay Home; found when left out'),
  })
  .meta({ id: 'SearchIndexDocument' });

export const clusterDocumentSchema = z
  .strictObject({
    cluster: nameSchema,
    nodes: z
      .record(nameSchema, nodeSchema)
      .refine((nodes) => Object.keys(nodes).length > 0, 'must name at least one node'),
    database: databaseSchema.optional(),
    documentStore: documentStoreSchema.optional(),
    searchIndex: searchIndexSchema.optional(),
    sources: z.array(sourceSchema).optional(),
    schedule: scheduleDocumentSchema.optional(),
    retention: retentionDocumentSchema.optional(),
  })
  .meta({ id: 'ClusterDocument', description: 'cluster.yaml' });

export type ClusterDocument = z.output<typeof clusterDocumentSchema>;

function isCleanAbsolutePath(path: string): boolean {
  if (!path.startsWith('/') || path.includes('\0')) return false;
  if (path === '/') return true;
  return path
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');
}
