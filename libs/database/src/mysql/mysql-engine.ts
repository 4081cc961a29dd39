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
import { fenceSchema, unfenceSchema } from './mysql-fence.ts';
import { loadMysql } from './mysql-load.ts';
import { MysqlPin } from './mysql-pin.ts';
import { withSession } from './mysql-session.ts';
import { MysqlSwitch } from './mysql-switch.ts';
import { probeMysql } from './probe-mysql.ts';
import { schemaExists } from './switch-journal.ts';

/** MariaDB and MySQL. */
export class MysqlEngine implements DatabaseEngine {
  readonly #target: DatabaseTarget;
  readonly #options: DatabaseEngineOptions;

  constructor(target: DatabaseTarget, options: DatabaseEngineOptions) {
    this.#target = target;
    this.#options = options;
  }

  probe(): Promise<DatabaseProbe> {
    return probeMysql(this.#target, this.#options.path ?? process.env['PATH'] ?? '');
  }

  pin(): Promise<Pin> {
    return MysqlPin.open(this.#target, this.#options);
  }

  exists(): Promise<boolean> {
    return withSession(this.#target, undefined, (session) => schemaExists(session, this.#target.database));
  }

  stagedName(restoreId: string): string {
    return stagedNameOf(this.#target.database, restoreId);
  }

  load(stream: Readable, restoreId: string, expected: Readonly<Record<string, number>>): Promise<LoadReport> {
    return loadMysql(this.#target, restoreId, stream, expected, this.#options);
  }

  /** `portalUser`: the account the portal uses, to be locked too; see `fenceSchema` for what is not covered. */
  fence(portalUser?: string): Promise<void> {
    return fenceSchema(this.#target, portalUser);
  }

  unfence(portalUser?: string): Promise<void> {
    return unfenceSchema(this.#target, portalUser);
  }

  async switchTo(restoreId: string): Promise<{ asideName: string | null; millis: number }> {
    const from = this.#options.clock.monotonic();
    const asideName = await new MysqlSwitch(this.#target, restoreId).forward();
    return { asideName, millis: Math.round(this.#options.clock.monotonic() - from) };
  }

  switchBack(restoreId: string): Promise<void> {
    return new MysqlSwitch(this.#target, restoreId).back();
  }

  discardStaged(restoreId: string): Promise<void> {
    return new MysqlSwitch(this.#target, restoreId).discardStaged();
  }

  finalize(restoreId: string): Promise<void> {
    return new MysqlSwitch(this.#target, restoreId).finalize();
  }
}
