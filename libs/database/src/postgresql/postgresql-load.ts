import { createWriteStream } from 'node:fs';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isLifeboatError, LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';
import { ClientProcess } from '../client-process.ts';
import type { DatabaseEngineOptions, LoadReport } from '../database-engine.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { compareCounts } from '../object-counts.ts';
import { tap } from '../tap.ts';
import { ArchiveParser } from './archive-parser.ts';
import { countObjects } from './catalog-queries.ts';
import { passFile } from './pass-file.ts';
import {
  identifier,
  literal,
  MAINTENANCE_DATABASE,
  withSession,
  type Session,
} from './postgresql-session.ts';
import { clientFor, serverVersion } from './probe-postgresql.ts';
import { allowConnections, dropDatabase, markOf } from './postgresql-names.ts';

/** What must stay free where the dump is kept: other things live on that disk too. */
const SPACE_FLOOR_BYTES = 256 << 20;
const SPACE_CHECK_EVERY_BYTES = 64 << 20;
const MOST_JOBS = 4;

/**
 * Restores an archive into a fresh database `staged` and counts every table through.
 *
 * The archive goes to a file first (`pg_restore --jobs` cannot read a pipe). Archives written to a pipe hold no
 * offsets; pg_restore 12.4 and later finds the blocks by scanning, in parallel too (seen with 15).
 */
export async function loadPostgresql(
  target: DatabaseTarget,
  staged: string,
  restoreId: string,
  stream: Readable,
  expected: Readonly<Record<string, number>>,
  options: DatabaseEngineOptions,
): Promise<LoadReport> {
  const file = join(options.tempDir, `${staged.replaceAll(/[^\w-]/g, '_')}.dump`);
  try {
    const archive = await keepArchive(stream, file, options.tempDir);
    assertExpected(archive, expected);
    const { warnings, args } = await createStaged(target, staged, archive);
    await runRestore(target, staged, file, args, options);
    const counts = await verifyStaged(target, staged, archive);
    await withSession(target, MAINTENANCE_DATABASE, async (session) => {
      await session.query(`COMMENT ON DATABASE ${identifier(staged)} IS ${literal(markOf(restoreId))}`);
      await allowConnections(session, staged, false);
    });
    return { stagedName: staged, counts: { ...counts, rows: archive.rows }, warnings };
  } catch (thrown) {
    if (isLifeboatError(thrown)) throw thrown;
    throw new LifeboatError('DATABASE_LOAD_FAILED', `the dump could not be loaded: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  } finally {
    await rm(file, { force: true });
  }
}

async function keepArchive(stream: Readable, file: string, tempDir: string): Promise<ArchiveParser> {
  await mkdir(tempDir, { recursive: true, mode: 0o700 });
  await rm(file, { force: true });
  const parser = new ArchiveParser();
  let unchecked = Infinity;
  const assertSpace = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      unchecked += chunk.length;
      if (unchecked >= SPACE_CHECK_EVERY_BYTES) {
        unchecked = 0;
        const { bavail, bsize } = await statfs(tempDir);
        if (bavail * bsize < SPACE_FLOOR_BYTES) throw noSpace(tempDir);
      }
      yield chunk;
    }
  };
  try {
    await pipeline(stream, tap(parser), assertSpace, createWriteStream(file, { mode: 0o600, flags: 'wx' }));
  } catch (thrown) {
    throw systemCodeOf(thrown) === 'ENOSPC' ? noSpace(tempDir) : thrown;
  }
  parser.finish();
  return parser;
}

function noSpace(dir: string): LifeboatError {
  return new LifeboatError('NO_SPACE', `there is no room for the dump in ${dir}`, {
    guidance: 'free space there, or give the server another directory for temporary files',
  });
}

function assertExpected(archive: ArchiveParser, expected: Readonly<Record<string, number>>): void {
  const found = { ...archive.counts(), rows: archive.rows };
  const differences = compareCounts(expected, 'in the set', found, 'in the dump');
  if (expected['rows'] !== undefined && expected['rows'] !== found.rows) {
    differences.push(`rows: ${expected['rows']} in the set, ${found.rows} in the dump`);
  }
  if (differences.length > 0) {
    throw new LifeboatError(
      'VERIFY_MISMATCH',
      `this is not the dump that the set recorded: ${differences.join('; ')}`,
    );
  }
}

/** Creates the database like the live one (else like the server's default), and says what cannot be kept. */
async function createStaged(
  target: DatabaseTarget,
  staged: string,
  archive: ArchiveParser,
): Promise<{ warnings: string[]; args: string[] }> {
  return withSession(target, MAINTENANCE_DATABASE, async (session) => {
    await dropDatabase(session, staged);
    const { rows } = await session.query<{ encoding: string; collate: string; ctype: string }>(
      `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype
         FROM pg_database WHERE datname IN ($1, 'template0') ORDER BY datname = $1 DESC LIMIT 1`,
      [target.database],
    );
    const like = rows[0];
    const shape =
      like === undefined
        ? ''
        : ` ENCODING ${literal(like.encoding)} LC_COLLATE ${literal(like.collate)} LC_CTYPE ${literal(like.ctype)}`;
    await session.query(`CREATE DATABASE ${identifier(staged)} TEMPLATE template0${shape}`);
    return ownership(session, archive);
  });
}

/** Owners and grants are kept when this account may give them and the roles exist here; else said, not guessed. */
async function ownership(
  session: Session,
  archive: ArchiveParser,
): Promise<{ warnings: string[]; args: string[] }> {
  const owners = new Set(archive.entries.map(({ owner }) => owner).filter((owner) => owner !== ''));
  const grantees = new Set(
    archive.entries
      .filter(({ kind }) => kind === 'ACL' || kind === 'DEFAULT ACL')
      .flatMap(({ definition }) => [
        ...definition.matchAll(/\b(?:TO|FROM|FOR ROLE) ("(?:[^"]|"")+"|[\w$]+)/g),
      ])
      .map((match) => (match[1] ?? '').replace(/^"(.*)"$/s, '$1').replaceAll('""', '"'))
      .filter((role) => role !== 'PUBLIC'),
  );
  const { rows } = await session.query<{ name: string; mine: boolean }>(
    "SELECT rolname AS name, pg_has_role(oid, 'MEMBER') AS mine FROM pg_roles",
  );
  const mine = new Map(rows.map(({ name, mine: member }) => [name, member]));
  const strangers = [...owners].filter((owner) => mine.get(owner) !== true);
  const unknown = [...grantees].filter((role) => !mine.has(role));
  const warnings: string[] = [];
  const args: string[] = [];
  if (strangers.length > 0) {
    args.push('--no-owner');
    warnings.push(`owners were not kept: this account cannot give objects to ${strangers.sort().join(', ')}`);
  }
  if (unknown.length > 0 || strangers.length > 0) {
    args.push('--no-privileges');
    if (grantees.size > 0)
      warnings.push(`grants were not kept: ${[...unknown, ...strangers].sort().join(', ')} missing`);
  }
  return { warnings, args };
}

async function runRestore(
  target: DatabaseTarget,
  staged: string,
  file: string,
  args: readonly string[],
  options: DatabaseEngineOptions,
): Promise<void> {
  const server = await withSession(target, MAINTENANCE_DATABASE, serverVersion);
  const pgRestore = await clientFor('pg_restore', server, options.path ?? process.env['PATH'] ?? '');
  const password = await passFile(target, options.tempDir);
  try {
    const client = new ClientProcess(
      pgRestore.program,
      [
        '--exit-on-error',
        '--no-password',
        `--jobs=${Math.min(MOST_JOBS, availableParallelism())}`,
        ...args,
        `--host=${target.host}`,
        `--port=${target.port}`,
        `--username=${target.user}`,
        `--dbname=${staged}`,
        file,
      ],
      password.env,
    );
    client.stdin.end();
    client.stdout.resume();
    const exit = await client.exit;
    if (exit.ok) return;
    throw new LifeboatError('DATABASE_LOAD_FAILED', `pg_restore ended with ${exit.reason}`, {
      guidance: 'the live database is untouched; mend the reason and run the restore again',
    });
  } finally {
    await password.remove();
  }
}

/** Counts what the staged database really holds, against the bytes that were loaded. */
async function verifyStaged(
  target: DatabaseTarget,
  staged: string,
  archive: ArchiveParser,
): Promise<ReturnType<ArchiveParser['counts']>> {
  return withSession(target, staged, async (session) => {
    const counts = await countObjects(session);
    const differences = compareCounts(archive.counts(), 'in the dump', counts, 'loaded');
    for (const entry of archive.entries.filter(({ kind }) => kind === 'TABLE DATA')) {
      const rows = archive.rowsByTable.get(`${entry.namespace}.${entry.tag}`);
      const table = `${identifier(entry.namespace)}.${identifier(entry.tag)}`;
      const { rows: found } = await session.query<{ rows: string }>(
        `SELECT count(*) AS rows FROM ONLY ${table}`,
      );
      if (Number(found[0]?.rows) !== rows)
        differences.push(`${table}: ${rows} rows in the dump, ${found[0]?.rows} loaded`);
    }
    if (differences.length === 0) return counts;
    throw new LifeboatError(
      'VERIFY_MISMATCH',
      `the loaded database is not the dump: ${differences.join('; ')}`,
    );
  });
}
