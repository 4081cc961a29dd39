import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isLifeboatError, LifeboatError, messageOf } from '@lifeboat/kernel';
import { ClientProcess } from '../client-process.ts';
import type { DatabaseEngineOptions, LoadReport } from '../database-engine.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { compareCounts, type ObjectCounts } from '../object-counts.ts';
import { tap } from '../tap.ts';
import { stagedNameOf } from '../staged-names.ts';
import { rightsOf } from './account-rights.ts';
import { missingDefiners } from './missing-definers.ts';
import { identifier, select, withSession, type Session } from './mysql-session.ts';
import { optionFile } from './option-file.ts';
import { schemasOfRestore } from './partitions.ts';
import { clientFor, serverFacts } from './probe-mysql.ts';
import { countObjects } from './schema-queries.ts';
import { SqlDumpParser } from './sql-dump-parser.ts';
import { SqlRewriter } from './sql-rewriter.ts';

/** Feeds a dump to the client program, into a fresh schema `staged`, and counts every table through. */
export async function loadMysql(
  target: DatabaseTarget,
  restoreId: string,
  stream: Readable,
  expected: Readonly<Record<string, number>>,
  options: DatabaseEngineOptions,
): Promise<LoadReport> {
  const staged = stagedNameOf(target.database, restoreId);
  try {
    const { server, rights } = await withSession(target, undefined, async (session) => {
      const server = await serverFacts(session);
      assertCaseMode(server.caseMode, expected['caseMode']);
      for (const left of await schemasOfRestore(session, target.database, restoreId, stagedNameOf)) {
        await session.query(`DROP DATABASE IF EXISTS ${identifier(left)}`);
      }
      await createLike(session, target.database, staged);
      return { server, rights: await rightsOf(session, staged) };
    });
    const account = rights.account.replaceAll("'", '`');
    const rewriter = new SqlRewriter({
      onlyDefiner: rights.maySetDefiner ? undefined : account,
      stagedName: (schema, isDefault) => (isDefault ? staged : stagedNameOf(schema, restoreId)),
    });
    const parser = new SqlDumpParser();
    const program = await clientFor('load', server, options.path ?? process.env['PATH'] ?? '');
    const connection = await optionFile(target, options.tempDir);
    try {
      // Binary mode also keeps the client from obeying commands (`\!`, `source`) that a dump might hold.
      const client = new ClientProcess(
        program.program,
        [
          `--defaults-extra-file=${connection.path}`, // must be the first
          '--binary-mode',
          '--max-allowed-packet=1G',
          '--default-character-set=utf8mb4',
          `--database=${staged}`,
        ],
        {},
      );
      await feed(stream, parser, rewriter, client);
    } finally {
      await connection.remove();
    }
    assertExpected(parser, expected);
    const { counts, strangers } = await verifyStaged(target, staged, rewriter.schemas, parser);
    const warnings = [
      ...(rewriter.definersReplaced === 0
        ? []
        : [
            `${rewriter.definersReplaced} definers were replaced by ${rights.account}, which may set no other`,
          ]),
      ...(strangers.length === 0
        ? []
        : [
            `definers that do not exist here, whose views and programs do not run before they do: ${strangers.join(', ')}`,
          ]),
    ];
    return { stagedName: staged, counts: { ...counts, rows: parser.rows }, warnings };
  } catch (thrown) {
    if (isLifeboatError(thrown)) throw thrown;
    throw new LifeboatError('DATABASE_LOAD_FAILED', `the dump could not be loaded: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

/** Names that differ in case alone are one on some servers; and the portal asks for `DLFileEntry` as it is spelled. */
function assertCaseMode(caseMode: number, expected: number | undefined): void {
  if (expected === undefined || expected === caseMode) return;
  throw new LifeboatError(
    'DATABASE_LOAD_FAILED',
    `lower_case_table_names is ${caseMode} here, and was ${expected} where the set was taken`,
    {
      guidance:
        'Restore to a server that was set up with the same lower_case_table_names; nothing was changed.',
    },
  );
}

async function feed(
  stream: Readable,
  parser: SqlDumpParser,
  rewriter: SqlRewriter,
  client: ClientProcess,
): Promise<void> {
  client.stdout.resume();
  let broken: unknown;
  try {
    await pipeline(stream, tap(parser), rewriter, client.stdin);
  } catch (thrown) {
    broken = thrown;
    // The client may still be busy with what it got; a half-fed schema is thrown away anyway.
    if (isLifeboatError(thrown)) await client.kill();
  }
  const exit = await client.exit;
  if (isLifeboatError(broken)) throw broken;
  if (!exit.ok) {
    throw new LifeboatError('DATABASE_LOAD_FAILED', `the client program ended with ${exit.reason}`, {
      guidance: 'the live schema is untouched; mend the reason and run the restore again',
      cause: broken,
    });
  }
  if (broken !== undefined) throw broken;
  parser.finish();
}

/** A schema with the character set of `like`, or the server's own where there is none. */
export async function createLike(session: Session, like: string, name: string): Promise<void> {
  const [shape] = await select<{ charset: string; collation: string }>(
    session,
    `SELECT DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation
       FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?`,
    [like],
  );
  const characters = shape === undefined ? '' : ` CHARACTER SET ${shape.charset} COLLATE ${shape.collation}`;
  await session.query(`CREATE DATABASE IF NOT EXISTS ${identifier(name)}${characters}`);
}

function assertExpected(parser: SqlDumpParser, expected: Readonly<Record<string, number>>): void {
  const differences = compareCounts(expected, 'in the set', parser.counts(), 'in the dump');
  if (expected['rows'] !== undefined && expected['rows'] !== parser.rows) {
    differences.push(`rows: ${expected['rows']} in the set, ${parser.rows} in the dump`);
  }
  if (differences.length > 0) {
    throw new LifeboatError(
      'VERIFY_MISMATCH',
      `this is not the dump that the set recorded: ${differences.join('; ')}`,
    );
  }
}

async function verifyStaged(
  target: DatabaseTarget,
  staged: string,
  schemas: ReadonlyMap<string, string>,
  parser: SqlDumpParser,
): Promise<{ counts: ObjectCounts; strangers: string[] }> {
  return withSession(target, staged, async (session) => {
    const loaded = schemas.size === 0 ? [staged] : [...schemas.values()];
    const counts = await countObjects(session, loaded);
    const differences = compareCounts(parser.counts(), 'in the dump', counts, 'loaded');
    for (const { schema, table, rows } of parser.tables) {
      const [found] = await select<{ found: string | number }>(
        session,
        `SELECT COUNT(*) AS found FROM ${identifier(schemas.get(schema) ?? staged)}.${identifier(table)}`,
      );
      if (Number(found?.found) !== rows)
        differences.push(`${table}: ${rows} rows in the dump, ${found?.found} loaded`);
    }
    if (differences.length === 0) return { counts, strangers: await missingDefiners(session, loaded) };
    throw new LifeboatError(
      'VERIFY_MISMATCH',
      `the loaded schema is not the dump: ${differences.join('; ')}`,
    );
  });
}
