import { isLifeboatError, LifeboatError, messageOf } from '@lifeboat/kernel';
import type { DatabaseTarget } from '../database-target.ts';
import { asideNameOf, stagedNameOf } from '../staged-names.ts';
import { rightsOf } from './account-rights.ts';
import { createLike } from './mysql-load.ts';
import { identifier, withSession, type Session } from './mysql-session.ts';
import { createPrograms, dropPrograms, recordPrograms } from './programs.ts';
import {
  foreignKeysOf,
  readJournal,
  schemaExists,
  tablesOf,
  writeJournal,
  type Journal,
  type Program,
  type Side,
} from './switch-journal.ts';

/**
 * The switch of one schema. A schema cannot be renamed, so its tables are: all of both sides in one RENAME TABLE,
 * which MariaDB 10.6+ and MySQL 8 do whole or not at all. Triggers, views, routines and events are written to a
 * journal in the aside schema first, dropped, and created again on the new tables. Where the tables are tells how
 * far a switch came; every step before and after the rename can be repeated.
 */
export class MysqlSwitch {
  readonly #target: DatabaseTarget;
  readonly #live: string;
  readonly #staged: string;
  readonly #aside: string;

  constructor(target: DatabaseTarget, restoreId: string) {
    this.#target = target;
    this.#live = target.database;
    this.#staged = stagedNameOf(target.database, restoreId);
    this.#aside = asideNameOf(target.database, restoreId);
  }

  /** Name of the schema that keeps the old tables; null when there was no live schema. */
  async forward(): Promise<string | null> {
    return this.#with(async (session) => {
      const journal = (await readJournal(session, this.#aside)) ?? (await this.#begin(session));
      if (!(await schemaExists(session, this.#live))) await createLike(session, this.#staged, this.#live);
      if (!(await this.#isMoved(session, journal))) {
        await this.#drop(session, this.#live, journal, 'old');
        await this.#drop(session, this.#staged, journal, 'new');
        await this.#rename(session, [
          ...journal.oldTables.map((table) => [this.#live, this.#aside, table] as const),
          ...journal.newTables.map((table) => [this.#staged, this.#live, table] as const),
        ]);
      }
      await createPrograms(session, this.#live, programsOf(journal, 'new'));
      await this.#assertForeignKeys(session, journal);
      return journal.oldExisted ? this.#aside : null;
    });
  }

  async back(): Promise<void> {
    await this.#with(async (session) => {
      const journal = await readJournal(session, this.#aside);
      if (journal === undefined) return;
      if (await this.#isMoved(session, journal)) {
        await this.#drop(session, this.#live, journal, 'new');
        await createLike(session, this.#live, this.#staged);
        await this.#rename(session, [
          ...journal.newTables.map((table) => [this.#live, this.#staged, table] as const),
          ...journal.oldTables.map((table) => [this.#aside, this.#live, table] as const),
        ]);
      }
      if (journal.oldExisted) await createPrograms(session, this.#live, programsOf(journal, 'old'));
      else await session.query(`DROP DATABASE IF EXISTS ${identifier(this.#live)}`);
      await createPrograms(session, this.#staged, asleep(programsOf(journal, 'new')));
      await session.query(`DROP DATABASE ${identifier(this.#aside)}`);
    });
  }

  async discardStaged(): Promise<void> {
    await this.#with(async (session) => {
      const journal = await readJournal(session, this.#aside);
      if (journal !== undefined && !(await this.#isMoved(session, journal))) {
        throw new LifeboatError('CONFLICT', `the switch to ${this.#staged} was begun`, {
          guidance: 'switch back first: the old triggers, views, routines and events are in its journal',
        });
      }
      await session.query(`DROP DATABASE IF EXISTS ${identifier(this.#staged)}`);
    });
  }

  async finalize(): Promise<void> {
    await this.#with(async (session) => {
      const journal = await readJournal(session, this.#aside);
      if (journal !== undefined && !(await this.#isMoved(session, journal))) {
        throw new LifeboatError(
          'CONFLICT',
          `${this.#live} is not the schema that this restore brought back`,
          {
            guidance: 'finish the switch or switch back before anything is dropped',
          },
        );
      }
      await session.query(`DROP DATABASE IF EXISTS ${identifier(this.#staged)}`);
      await session.query('SET SESSION foreign_key_checks = 0');
      await session.query(`DROP DATABASE IF EXISTS ${identifier(this.#aside)}`);
    });
  }

  /** Looks at both sides and writes down all that a repeated run will need, before anything changes. */
  async #begin(session: Session): Promise<Journal> {
    if (!(await schemaExists(session, this.#staged))) {
      throw new LifeboatError('DATABASE_SWITCH_FAILED', `the staged schema ${this.#staged} is not there`, {
        guidance: 'stage the restore again; the live schema is untouched',
      });
    }
    if ((await schemaExists(session, this.#aside)) && (await tablesOf(session, this.#aside)).length > 0) {
      throw new LifeboatError('CONFLICT', `the schema ${this.#aside} holds tables that no journal explains`);
    }
    const oldExisted = await schemaExists(session, this.#live);
    const journal = {
      oldExisted,
      oldTables: oldExisted ? await tablesOf(session, this.#live) : [],
      newTables: await tablesOf(session, this.#staged),
      newForeignKeys: await foreignKeysOf(session, this.#staged),
      programs: [
        ...(oldExisted ? await recordPrograms(session, this.#live, 'old') : []),
        ...(await recordPrograms(session, this.#staged, 'new')),
      ],
    };
    await this.#assertDefiners(session, journal.programs);
    await createLike(session, oldExisted ? this.#live : this.#staged, this.#aside);
    await writeJournal(session, this.#aside, journal);
    return journal;
  }

  /** What we drop we must be able to create again, with the definer it had. */
  async #assertDefiners(session: Session, programs: readonly Program[]): Promise<void> {
    const rights = await rightsOf(session, this.#live);
    if (rights.maySetDefiner) return;
    const own = rights.account.replaceAll("'", '`');
    const foreign = programs.filter(({ statement }) => {
      const definer = /DEFINER\s*=\s*(`(?:[^`]|``)*`@`(?:[^`]|``)*`)/i.exec(statement)?.[1];
      return definer !== undefined && definer !== own;
    });
    if (foreign.length === 0) return;
    throw new LifeboatError(
      'DATABASE_GRANTS',
      `${foreign.map(({ type, name }) => `${type} ${name}`).join(', ')} belong to another definer`,
      { guidance: `run as an administrator:\nGRANT SET USER ON *.* TO ${rights.account};` },
    );
  }

  /** The rename is whole or not at all, so one table tells; an empty side leaves the telling to the other. */
  async #isMoved(session: Session, journal: Journal): Promise<boolean> {
    const [newTable] = journal.newTables;
    if (newTable !== undefined) return !(await tablesOf(session, this.#staged)).includes(newTable);
    const [oldTable] = journal.oldTables;
    if (oldTable !== undefined) return (await tablesOf(session, this.#aside)).includes(oldTable);
    return true;
  }

  async #drop(session: Session, schema: string, journal: Journal, side: Side): Promise<void> {
    const programs = programsOf(journal, side);
    if (programs.length > 0) await dropPrograms(session, schema, programs);
  }

  async #rename(session: Session, moves: readonly (readonly [string, string, string])[]): Promise<void> {
    if (moves.length === 0) return;
    const list = moves.map(
      ([from, to, table]) =>
        `${identifier(from)}.${identifier(table)} TO ${identifier(to)}.${identifier(table)}`,
    );
    await session.query('SET SESSION foreign_key_checks = 0');
    await session.query(`RENAME TABLE ${list.join(', ')}`);
  }

  async #assertForeignKeys(session: Session, journal: Journal): Promise<void> {
    const found = await foreignKeysOf(session, this.#live);
    const lost = journal.newForeignKeys.filter((key) => !found.includes(key));
    if (lost.length === 0 && found.length === journal.newForeignKeys.length) return;
    throw new LifeboatError(
      'DATABASE_SWITCH_FAILED',
      `foreign keys changed in the switch: ${lost.join('; ')}`,
      {
        guidance: 'roll the restore back: the old tables are whole in the aside schema',
      },
    );
  }

  async #with<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return withSession(this.#target, undefined, async (session) => {
      try {
        return await work(session);
      } catch (thrown) {
        if (isLifeboatError(thrown)) throw thrown;
        throw new LifeboatError('DATABASE_SWITCH_FAILED', `the server refused a step: ${messageOf(thrown)}`, {
          guidance: 'the step may be run again; the journal in the aside schema holds what was dropped',
          cause: thrown,
        });
      }
    });
  }
}

function programsOf(journal: Journal, side: Side): Program[] {
  return journal.programs.filter((program) => program.side === side);
}

/** Back in the staged schema no event may run. */
function asleep(programs: readonly Program[]): Program[] {
  return programs.map((program) => ({
    ...program,
    statement:
      program.kind === 'event'
        ? program.statement.replace(/( ON COMPLETION (?:NOT )?PRESERVE) ENABLE/, '$1 DISABLE ON SLAVE')
        : program.statement,
  }));
}
