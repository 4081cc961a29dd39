import { LifeboatError } from '@lifeboat/kernel';
import type { DocumentRow } from '@lifeboat/dxp';
import { ClientProcess } from '../client-process.ts';
import type { DatabaseEngineOptions, Dump, DumpReport } from '../database-engine.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { compareCounts } from '../object-counts.ts';
import { runDump } from '../run-dump.ts';
import { documentRowsNow } from './document-rows.ts';
import type { BeforeDump } from './mysql-pin.ts';
import { withSession } from './mysql-session.ts';
import { doubtsAbout, tablesOutsideSnapshot } from './outside-snapshot.ts';
import { optionFile } from './option-file.ts';
import { schemasOf } from './partitions.ts';
import { clientFor } from './probe-mysql.ts';
import { schemaFingerprint } from './schema-queries.ts';
import { SqlDumpParser } from './sql-dump-parser.ts';
import { Standstill } from './standstill.ts';

/** Runs mariadb-dump or mysqldump in one transaction; its text passes a parser that proves it whole. */
export function startMysqlDump(
  target: DatabaseTarget,
  before: BeforeDump,
  options: DatabaseEngineOptions,
  onRelease: (close: () => Promise<void>) => void,
): Dump {
  const parser = new SqlDumpParser();
  const standstill = new Standstill();
  const secondLook = Promise.withResolvers<AsyncIterable<DocumentRow> | undefined>();
  parser.onFirstTable = () => {
    standstill.begin();
    const look = documentRowsNow(target, before.schemas);
    secondLook.resolve(look.then(({ rows }) => rows));
    // A look that nobody reads would keep its snapshot open on the server.
    onRelease(async () => (await look.catch(() => undefined))?.close());
  };
  secondLook.promise.catch(() => undefined);
  const run = runDump({
    observer: {
      push: (chunk) => {
        parser.push(chunk);
        return standstill.over;
      },
      finish: () => parser.finish(),
    },
    log: options.log,
    start: async () => {
      const program = await clientFor('dump', before.server, options.path ?? process.env['PATH'] ?? '');
      const connection = await optionFile(target, options.tempDir);
      const args = dumpArguments(connection.path, before, /mariadb/i.test(program.banner));
      return { client: new ClientProcess(program.program, args, {}), cleanUp: () => connection.remove() };
    },
    report: () => reportOf(target, before, parser, options),
  });
  // A schema without tables has no rows to look at twice; a dump that failed has none to look at.
  run.done.then(() => secondLook.resolve(undefined), secondLook.reject);
  return {
    ...run,
    secondLook: secondLook.promise,
    goOn: () => standstill.end(),
    cancel: () => {
      standstill.end();
      return run.cancel();
    },
  };
}

function dumpArguments(connection: string, before: BeforeDump, mariadb: boolean): string[] {
  return [
    `--defaults-extra-file=${connection}`, // must be the first
    '--single-transaction',
    '--quick',
    '--routines',
    '--triggers',
    '--events',
    '--hex-blob',
    '--no-tablespaces',
    '--max-allowed-packet=1G',
    '--default-character-set=utf8mb4',
    ...(mariadb ? [] : ['--set-gtid-purged=OFF', '--column-statistics=0']),
    ...(mayRecordPosition(before, mariadb) ? ['--master-data=2'] : []),
    // Named like this the client writes which schema is which, and dumps all of them in its one transaction.
    ...(before.schemas.length === 1 ? [] : ['--databases']),
    ...before.schemas,
  ];
}

/** Only where the client gets it from its snapshot: elsewhere it would lock all tables for the moment. */
function mayRecordPosition(before: BeforeDump, mariadb: boolean): boolean {
  const has = (...names: string[]): boolean =>
    ['ALL PRIVILEGES', ...names].some((name) => before.rights.global.has(name));
  return (
    mariadb &&
    before.server.isMariaDb &&
    before.server.binaryLog &&
    has('RELOAD') &&
    has('SUPER', 'REPLICATION CLIENT', 'BINLOG MONITOR')
  );
}

async function reportOf(
  target: DatabaseTarget,
  before: BeforeDump,
  parser: SqlDumpParser,
  options: DatabaseEngineOptions,
): Promise<DumpReport> {
  if (before.missingGrants.length > 0) {
    throw new LifeboatError('DATABASE_DUMP_INCOMPLETE', 'the account may not see all that a dump must hold', {
      guidance: `the client leaves out what it may not see and still succeeds; run:\n${before.missingGrants.join('\n')}`,
    });
  }
  const after = await withSession(target, target.database, async (session) => ({
    fingerprint: await schemaFingerprint(session, await schemasOf(session, target.database)),
    outside: await tablesOutsideSnapshot(session, before.schemas),
  }));
  const ddlDuringDump = after.fingerprint !== before.fingerprint;
  const counts = parser.counts();
  const differences = compareCounts(before.counts, 'in the schema', counts, 'in the dump');
  if (differences.length > 0) {
    throw new LifeboatError(
      'DATABASE_DUMP_INCOMPLETE',
      `the dump is not the schema: ${differences.join('; ')}`,
      {
        guidance: ddlDuringDump
          ? 'the schema was changed while it was dumped; take the set again when that is over'
          : 'check that the account may see triggers, events and routines',
      },
    );
  }
  return {
    openedAt: before.openedAt,
    closedAt: options.clock.now(),
    counts: { ...counts, rows: parser.rows },
    ddlDuringDump,
    ...parser.dxpRows.finish(),
    doubts: doubtsAbout(before.outside, after.outside),
    position: parser.position,
    rowsByTable: parser.rowsByTable,
  };
}
