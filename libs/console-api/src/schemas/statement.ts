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
  sizeMismatch: z.array(missingDocumentSchema),
  ambiguous: z.array(z.string()),
  inPublication: countSchema,
  orphanFiles: countSchema,
  images: z.looseObject({ rows: countSchema, resolved: countSchema, missing: z.array(z.string()) }),
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
    searchIndex: z.record(z.string(), z.unknown()),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Statement' });

export type StatementView = z.output<typeof statementSchema>;
