import type { Readable } from 'node:stream';
import type {
  DatabaseEngine,
  DatabaseEngineOptions,
  DatabaseProbe,
  LoadReport,
  Pin,
} from '../database-engine.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { stagedNameOf } from '../staged-names.ts';
import { loadPostgresql } from './postgresql-load.ts';
import { allowConnections, endSessions, factsOf } from './postgresql-names.ts';
import { PostgresqlPin } from './postgresql-pin.ts';
import { MAINTENANCE_DATABASE, withSession } from './postgresql-session.ts';
import { PostgresqlSwitch } from './postgresql-switch.ts';
import { probePostgresql } from './probe-postgresql.ts';

export class PostgresqlEngine implements DatabaseEngine {
  readonly #target: DatabaseTarget;
  readonly #options: DatabaseEngineOptions;

  constructor(target: DatabaseTarget, options: DatabaseEngineOptions) {
    this.#target = target;
    this.#options = options;
  }

  probe(): Promise<DatabaseProbe> {
    return probePostgresql(this.#target, this.#options.path ?? process.env['PATH'] ?? '');
  }

  pin(): Promise<Pin> {
    return PostgresqlPin.open(this.#target, this.#options);
  }

  async exists(): Promise<boolean> {
    return withSession(this.#target, MAINTENANCE_DATABASE, async (session) => {
      return (await factsOf(session, this.#target.database)) !== undefined;
    });
  }

  stagedName(restoreId: string): string {
    return stagedNameOf(this.#target.database, restoreId);
  }

  load(stream: Readable, restoreId: string, expected: Readonly<Record<string, number>>): Promise<LoadReport> {
    return loadPostgresql(
      this.#target,
      this.stagedName(restoreId),
      restoreId,
      stream,
      expected,
      this.#options,
    );
  }

  async fence(): Promise<void> {
    await withSession(this.#target, MAINTENANCE_DATABASE, async (session) => {
      if ((await factsOf(session, this.#target.database)) === undefined) return;
      await allowConnections(session, this.#target.database, false);
      await endSessions(session, this.#target.database);
    });
  }

  async unfence(): Promise<void> {
    await withSession(this.#target, MAINTENANCE_DATABASE, async (session) => {
      if ((await factsOf(session, this.#target.database)) === undefined) return;
      await allowConnections(session, this.#target.database, true);
    });
  }

  async switchTo(restoreId: string): Promise<{ asideName: string | null; millis: number }> {
    const from = this.#options.clock.monotonic();
    const asideName = await new PostgresqlSwitch(this.#target, restoreId).forward();
    return { asideName, millis: Math.round(this.#options.clock.monotonic() - from) };
  }

  switchBack(restoreId: string): Promise<void> {
    return new PostgresqlSwitch(this.#target, restoreId).back();
  }

  discardStaged(restoreId: string): Promise<void> {
    return new PostgresqlSwitch(this.#target, restoreId).discardStaged();
  }

  finalize(restoreId: string): Promise<void> {
    return new PostgresqlSwitch(this.#target, restoreId).finalize();
  }
}
