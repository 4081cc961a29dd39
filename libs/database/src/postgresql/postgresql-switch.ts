import { isLifeboatError, LifeboatError, messageOf } from '@lifeboat/kernel';
import type { DatabaseTarget } from '../database-target.ts';
import { asideNameOf, stagedNameOf } from '../staged-names.ts';
import {
  allowConnections,
  copySettings,
  dropDatabase,
  endSessions,
  factsOf,
  isMarked,
  markOf,
  replacedComment,
  setComment,
  type DatabaseFacts,
} from './postgresql-names.ts';
import { identifier, MAINTENANCE_DATABASE, withSession, type Session } from './postgresql-session.ts';

/** Which of a restore's three databases are there: the whole state of a switch. */
interface Names {
  readonly live: DatabaseFacts | undefined;
  readonly staged: DatabaseFacts | undefined;
  readonly aside: DatabaseFacts | undefined;
}

/**
 * The switch of one PostgreSQL database: renames in one transaction, so that a crash leaves either state, never
 * a mix. Whether connections are allowed stays with the live *name*: a fence set before the switch holds after it.
 */
export class PostgresqlSwitch {
  readonly #target: DatabaseTarget;
  readonly #restoreId: string;
  readonly #liveName: string;
  readonly #stagedName: string;
  readonly #asideName: string;

  constructor(target: DatabaseTarget, restoreId: string) {
    this.#target = target;
    this.#restoreId = restoreId;
    this.#liveName = target.database;
    this.#stagedName = stagedNameOf(target.database, restoreId);
    this.#asideName = asideNameOf(target.database, restoreId);
  }

  /** Name of the old database when it was kept aside; null when there was none. */
  async forward(): Promise<string | null> {
    return this.#with(async (session, { live, staged, aside }) => {
      if (staged === undefined) {
        if (isMarked(live, this.#restoreId)) return aside === undefined ? null : this.#asideName;
        throw new LifeboatError(
          'DATABASE_SWITCH_FAILED',
          `the staged database ${this.#stagedName} is not there`,
          {
            guidance: 'stage the restore again; the live database is untouched',
          },
        );
      }
      const old = live ?? aside;
      if (old !== undefined) {
        await copySettings(session, old, this.#stagedName);
        await setComment(session, this.#stagedName, markOf(this.#restoreId, old.comment));
      }
      await this.#rename(session, [
        ...(live === undefined ? [] : [[this.#liveName, this.#asideName] as const]),
        [this.#stagedName, this.#liveName],
      ]);
      await this.#settle(session, this.#asideName, old);
      await allowConnections(session, this.#liveName, live?.allowsConnections ?? true);
      return old === undefined ? null : this.#asideName;
    });
  }

  async back(): Promise<void> {
    await this.#with(async (session, { live, staged, aside }) => {
      const switched = isMarked(live, this.#restoreId) && staged === undefined;
      if (!switched && aside === undefined) return;
      await this.#rename(session, [
        ...(switched ? [[this.#liveName, this.#stagedName] as const] : []),
        ...(aside === undefined ? [] : [[this.#asideName, this.#liveName] as const]),
      ]);
      await this.#settle(session, this.#stagedName, switched ? live : undefined);
      if (aside !== undefined)
        await allowConnections(session, this.#liveName, live?.allowsConnections ?? true);
    });
  }

  async discardStaged(): Promise<void> {
    await this.#with((session) => dropDatabase(session, this.#stagedName));
  }

  async finalize(): Promise<void> {
    await this.#with(async (session, { live, aside }) => {
      const ours = isMarked(live, this.#restoreId);
      if (aside !== undefined && !ours) {
        throw new LifeboatError(
          'CONFLICT',
          `${this.#liveName} is not the database that this restore brought back`,
          {
            guidance: `${this.#asideName} was kept; look at both before one is dropped`,
          },
        );
      }
      await dropDatabase(session, this.#asideName);
      if (ours) await setComment(session, this.#liveName, replacedComment(live));
    });
  }

  /** Nobody has business in a database that is not live. */
  async #settle(session: Session, name: string, facts: DatabaseFacts | undefined): Promise<void> {
    if (facts !== undefined) await allowConnections(session, name, false);
  }

  async #rename(session: Session, renames: readonly (readonly [string, string])[]): Promise<void> {
    for (const [from] of renames) await endSessions(session, from);
    await session.query('BEGIN');
    try {
      for (const [from, to] of renames) {
        await session.query(`ALTER DATABASE ${identifier(from)} RENAME TO ${identifier(to)}`);
      }
      await session.query('COMMIT');
    } catch (thrown) {
      await session.query('ROLLBACK');
      throw thrown;
    }
  }

  async #with<Result>(work: (session: Session, names: Names) => Promise<Result>): Promise<Result> {
    return withSession(this.#target, MAINTENANCE_DATABASE, async (session) => {
      const names = {
        live: await factsOf(session, this.#liveName),
        staged: await factsOf(session, this.#stagedName),
        aside: await factsOf(session, this.#asideName),
      };
      try {
        return await work(session, names);
      } catch (thrown) {
        if (isLifeboatError(thrown)) throw thrown;
        throw new LifeboatError('DATABASE_SWITCH_FAILED', `PostgreSQL refused a step: ${messageOf(thrown)}`, {
          guidance: 'the account must own the database and have CREATEDB; the step may be run again',
          cause: thrown,
        });
      }
    });
  }
}
