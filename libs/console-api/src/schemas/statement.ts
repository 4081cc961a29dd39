import { z } from 'zod';
import { countSchema, timeSchema } from './common.ts';

/**
 * The consistency statement (design: taking a set; `Statement` of the model). Loose: a statement is evidence, and
 * what a newer server wrote into it is passed on untouched.
 */
export const guaranteeSchema = z.enum(['consistent', 'consistent-with-known-losses', 'incomplete']);

export const pointSchema = z
  .looseObject({ from: timeSchema, to: timeSchema, position: z.string().nullable(), pins: countSchema })
  .meta({ id: 'Point', description: 'The instant of the database snapshot lies between from and to' });

const missingDocumentSchema = z
  .looseObject({
    companyId: z.string(),
    groupId: z.string(),
    folderId: z.string(),
    name: z.string(),
    version: z.string(),
    title: z.string(),
    expectedPath: z.string(),
    size: z.number(),
    status: z.number(),
  })
  .meta({ id: 'MissingDocument' });

const wrongSizeDocumentSchema = missingDocumentSchema
  .extend({ actualSize: countSchema.optional().describe('Bytes of the file') })
  .meta({ id: 'WrongSizeDocument' });

const treeSchema = z.looseObject({
  tree: z.string(),
  provedBy: z.string(),
  entries: countSchema,
  bytes: countSchema,
  changedWhileRead: z.array(z.string()),
  notKept: z.array(z.looseObject({ path: z.string(), reason: z.string() })),
});

const documentsSchema = z.looseObject({
  rows: countSchema,
  resolved: countSchema,
  resolvedByMove: countSchema,
  missing: z.array(missingDocumentSchema),
  knownMissing: countSchema,
  sizeMismatch: z.array(wrongSizeDocumentSchema),
  outsideStore: z.array(missingDocumentSchema).optional(),
  newLosses: z.array(z.string()).optional(),
  acknowledged: countSchema.optional(),
  ambiguous: z.array(z.string()),
  inPublication: countSchema,
  inExternalRepository: countSchema.optional(),
  orphanFiles: countSchema,
  derived: z.looseObject({ files: countSchema, bytes: countSchema, skipped: z.boolean() }).optional(),
  inDatabase: z.looseObject({ contents: countSchema, bytes: countSchema }).optional(),
  companiesWithoutRow: z.array(z.string()).optional(),
  images: z.looseObject({
    rows: countSchema,
    resolved: countSchema,
    inPublication: countSchema.optional(),
    missing: z.array(z.string()),
    sizeMismatch: z.array(z.string()).optional(),
  }),
});

const databaseSchema = z.looseObject({
  engine: z.enum(['postgresql', 'mariadb', 'mysql']),
  serverVersion: z.string(),
  portalBuild: z.string().nullable(),
  schemaVersion: z.string().nullable(),
  tables: countSchema,
  rows: countSchema,
  ddlDuringDump: z.boolean(),
  largeObjects: countSchema,
  doubts: z.array(z.string()).optional(),
});

const searchIndexSchema = z
  .looseObject({
    indexes: z
      .array(
        z.looseObject({
          node: z.string(),
          folder: z.string(),
          commit: z.string().describe('segments_N'),
          committedAt: timeSchema,
          luceneVersion: z.string().nullable(),
          documents: countSchema,
          files: countSchema,
          bytes: countSchema,
        }),
      )
      .optional(),
    leftOut: z
      .array(z.looseObject({ node: z.string(), path: z.string(), reason: z.string() }))
      .optional()
      .describe('Seen and not in the set: rebuilt after a restore'),
  })
  .meta({ id: 'StatementSearchIndex' });

export const statementSchema = z
  .looseObject({
    set: z.string(),
    point: pointSchema.nullable(),
    fence: z.looseObject({ openedAt: timeSchema, closedAt: timeSchema, millis: z.number() }).nullable(),
    guarantee: guaranteeSchema,
    nodes: z.array(z.looseObject({ node: z.string(), trees: z.array(treeSchema) })),
    absentNodes: z.array(z.string()),
    documents: documentsSchema.nullable(),
    database: databaseSchema.nullable(),
    searchIndex: searchIndexSchema,
    warnings: z.array(z.string()),
    acknowledgement: z
      .object({ acknowledgedAt: timeSchema, acknowledgedBy: z.string(), reason: z.string() })
      .nullish()
      .describe('Who took note of the losses; it came after the statement and is no part of the evidence'),
  })
  .meta({ id: 'Statement' });

export type StatementView = z.output<typeof statementSchema>;
