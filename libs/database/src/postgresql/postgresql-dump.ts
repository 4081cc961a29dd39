import { LifeboatError } from '@lifeboat/kernel';
import { ClientProcess } from '../client-process.ts';
import type { DatabaseEngineOptions, Dump, DumpReport } from '../database-engine.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { runDump } from '../run-dump.ts';
import { compareCounts } from '../object-counts.ts';
import { ArchiveParser } from './archive-parser.ts';
import { catalogFingerprint } from './catalog-queries.ts';
import { passFile } from './pass-file.ts';
import type { PinnedSnapshot } from './postgresql-pin.ts';
import { withSession } from './postgresql-session.ts';
import { clientFor, serverVersion } from './probe-postgresql.ts';

/** Runs pg_dump on the pinned snapshot; its bytes pass a parser that proves them whole. */
export function startPostgresqlDump(
  target: DatabaseTarget,
  snapshot: PinnedSnapshot,
  options: DatabaseEngineOptions,
): Dump {
  const parser = new ArchiveParser();
  const run = runDump({
    observer: parser,
    log: options.log,
    start: async () => {
      const server = await withSession(target, target.database, serverVersion);
      const pgDump = await clientFor('pg_dump', server, options.path ?? process.env['PATH'] ?? '');
      const password = await passFile(target, options.tempDir);
      const client = new ClientProcess(pgDump.program, dumpArguments(target, snapshot.id), password.env);
      return { client, cleanUp: () => password.remove() };
    },
    report: () => reportOf(target, snapshot, parser, options),
  });
  return { ...run, secondLook: Promise.resolve(undefined), goOn: () => undefined };
}

function dumpArguments(target: DatabaseTarget, snapshot: string): string[] {
  return [
    '--format=custom',
    '--compress=0',
    `--snapshot=${snapshot}`,
    '--blobs',
    '--no-password',
    `--host=${target.host}`,
    `--port=${target.port}`,
    `--username=${target.user}`,
    `--dbname=${target.database}`,
  ];
}

async function reportOf(
  target: DatabaseTarget,
  snapshot: PinnedSnapshot,
  parser: ArchiveParser,
  options: DatabaseEngineOptions,
): Promise<DumpReport> {
  const counts = parser.counts();
  const differences = compareCounts(snapshot.counts, 'in the database', counts, 'in the dump');
  if (differences.length > 0) {
    throw new LifeboatError('DATABASE_DUMP_INCOMPLETE', `the dump lacks objects: ${differences.join('; ')}`, {
      guidance: 'check the grants of the account with `lifeboat cluster show`, and that no DDL ran meanwhile',
    });
  }
  const fingerprint = await withSession(target, target.database, catalogFingerprint);
  return {
    openedAt: snapshot.openedAt,
    closedAt: options.clock.now(),
    counts: { ...counts, rows: parser.rows },
    ddlDuringDump: fingerprint !== snapshot.fingerprint,
    ...parser.dxpRows.finish(parser.largeObjectBytes),
    doubts: [],
    position: null,
    rowsByTable: parser.rowsByTable,
  };
}
