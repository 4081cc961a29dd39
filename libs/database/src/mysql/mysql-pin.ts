import type { DocumentRow } from '@lifeboat/dxp';
import type { DatabaseEngineOptions, Dump, Pin } from '../database-engine.ts';
import type { DatabaseTarget } from '../database-target.ts';
import type { ObjectCounts } from '../object-counts.ts';
import { missingGrantsOn, rightsOf, type AccountRights } from './account-rights.ts';
import { documentRows } from './document-rows.ts';
import { startMysqlDump } from './mysql-dump.ts';
import { connect, select, type Session } from './mysql-session.ts';
import { tablesOutsideSnapshot, type OutsideSnapshot } from './outside-snapshot.ts';
import { assertCompaniesSeen, schemasOf } from './partitions.ts';
import { routineGrant, serverFacts, type ServerFacts } from './probe-mysql.ts';
import { countObjects, schemaFingerprint } from './schema-queries.ts';

/** What was true just before a dump. */
export interface BeforeDump {
  readonly openedAt: Date;
  readonly server: ServerFacts;
  readonly rights: AccountRights;
  /** The default schema, then the company partitions. */
  readonly schemas: readonly string[];
  readonly outside: readonly OutsideSnapshot[];
  /** Grants without which the client leaves objects out and still says it succeeded. */
  readonly missingGrants: readonly string[];
  readonly counts: ObjectCounts;
  readonly fingerprint: string;
}

/** The first look at a portal's schemas. No snapshot: these servers cannot lend one to the dump client. */
export class MysqlPin implements Pin {
  readonly isSnapshot = false;
  readonly position: string | null;
  readonly #before: BeforeDump;
  readonly #target: DatabaseTarget;
  readonly #options: DatabaseEngineOptions;
  readonly #open: (() => Promise<void>)[] = [];

  private constructor(
    before: BeforeDump,
    position: string | null,
    target: DatabaseTarget,
    options: DatabaseEngineOptions,
  ) {
    this.#before = before;
    this.position = position;
    this.#target = target;
    this.#options = options;
  }

  static async open(target: DatabaseTarget, options: DatabaseEngineOptions): Promise<MysqlPin> {
    const session = await connect(target, target.database);
    try {
      const openedAt = options.clock.now();
      const server = await serverFacts(session);
      const rights = await rightsOf(session, target.database);
      await assertCompaniesSeen(session, target.database);
      const schemas = await schemasOf(session, target.database);
      const before = {
        openedAt,
        server,
        rights,
        schemas,
        missingGrants: await missingGrantsOn(session, schemas, routineGrant(server)),
        outside: await tablesOutsideSnapshot(session, schemas),
        counts: await countObjects(session, schemas),
        fingerprint: await schemaFingerprint(session, schemas),
      };
      return new MysqlPin(before, await positionOf(session, server), target, options);
    } finally {
      session.destroy();
    }
  }

  get openedAt(): Date {
    return this.#before.openedAt;
  }

  documents(): AsyncIterable<DocumentRow> {
    return documentRows(this.#target, this.#before.schemas);
  }

  workingCopies(): AsyncIterable<DocumentRow> {
    return documentRows(this.#target, this.#before.schemas, 'working-copies');
  }

  dump(): Dump {
    return startMysqlDump(this.#target, this.#before, this.#options, (close) => this.#open.push(close));
  }

  async release(): Promise<void> {
    for (const close of this.#open.splice(0)) await close();
  }
}

/** `file:offset`, else MariaDB's GTID position, which needs no privilege; null where neither may be seen. */
async function positionOf(session: Session, server: ServerFacts): Promise<string | null> {
  if (!server.binaryLog) return null;
  for (const statement of ['SHOW MASTER STATUS', 'SHOW BINARY LOG STATUS']) {
    try {
      const [row] = await select<{ File: string; Position: number }>(session, statement);
      if (row !== undefined) return `${row.File}:${row.Position}`;
    } catch {
      // Refused (no REPLICATION CLIENT), or this version knows the statement by its other name.
    }
  }
  if (!server.isMariaDb) return null;
  const [row] = await select<{ gtid: string }>(session, 'SELECT @@GLOBAL.gtid_current_pos AS gtid');
  return row === undefined || row.gtid === '' ? null : `gtid:${row.gtid}`;
}
