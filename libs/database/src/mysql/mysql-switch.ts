import { isLifeboatError, LifeboatError, messageOf } from '@lifeboat/kernel';
import type { DatabaseTarget } from '../database-target.ts';
import { asideNameOf, stagedNameOf } from '../staged-names.ts';
import { rightsOf } from './account-rights.ts';
import { createLike } from './mysql-load.ts';
import { identifier, withSession, type Session } from './mysql-session.ts';
import { liveNameOf, schemasOf, schemasOfRestore } from './partitions.ts';
import { createPrograms, dropPrograms, recordPrograms } from './programs.ts';
import { renameSchemas } from './rename-schemas.ts';
import {
  foreignKeysOf,
  readJournal,
  schemaExists,
  tablesOf,
  writeJournal,
  type Journal,
  type Program,
  type SchemaMove,
  type Side,
} from './switch-journal.ts';

/**
 * The switch of a portal's schemas. A schema cannot be renamed, so its tables are: all of both sides, of every schema,
 * in one RENAME TABLE, which MariaDB 10.6+ and MySQL 8 do whole or not at all. Triggers, views, routines and events are
 * written to a journal in the default schema's aside first, dropped, and created again on the new tables. Where the
 * tables are tells how far a switch came; every step before and after the rename can be repeated.
 */
export class MysqlSwitch {
  readonly #target: DatabaseTarget;
  readonly #restoreId: string;
  readonly #live: string;
  readonly #staged: string;
  readonly #aside: string;

  constructor(target: DatabaseTarget, restoreId: string) {
    this.#target = target;
    this.#restoreId = restoreId;
    this.#live = target.database;
    this.#staged = stagedNameOf(target.database, restoreId);
    this.#aside = asideNameOf(target.database, restoreId);
  }

  /** Name of the schema that keeps the old tables; null when there was no live schema. */
  async forward(): Promise<string | null> {
    return this.#with(async (session) => {
      const journal = (await readJournal(session, this.#aside)) ?? (await this.#begin(session));
      for (const { live, staged, newExists } of journal) {
        if (newExists && !(await schemaExists(session, live))) await createLike(session, staged, live);
      }
      if (!(await this.#isMoved(session, journal))) {
        await this.#drop(session, journal, 'old');
        await this.#drop(session, journal, 'new');
        await this.#rename(session, [
          ...journal.flatMap(({ live, aside, oldTables }) => moves(live, aside, oldTables)),
          ...journal.flatMap(({ live, staged, newTables }) => moves(staged, live, newTables)),
        ]);
      }
      for (const move of journal) {
        if (!move.newExists) await session.query(`DROP DATABASE IF EXISTS ${identifier(move.live)}`);
        await createPrograms(session, move.live, programsOf(move, 'new'));
      }
      for (const move of journal) await this.#assertForeignKeys(session, move);
      return journal[0]?.oldExisted === true ? this.#aside : null;
    });
  }

  async back(): Promise<void> {
    await this.#with(async (session) => {
      const journal = await readJournal(session, this.#aside);
      if (journal === undefined) return;
      if (await this.#isMoved(session, journal)) {
        for (const move of journal) {
          if (move.newExists) await dropPrograms(session, move.live, programsOf(move, 'new'));
          await createLike(
            session,
            move.newExists ? move.live : move.aside,
            move.newExists ? move.staged : move.live,
          );
        }
        await this.#rename(session, [
          ...journal.flatMap(({ live, staged, newTables }) => moves(live, staged, newTables)),
          ...journal.flatMap(({ live, aside, oldTables }) => moves(aside, live, oldTables)),
        ]);
      }
      for (const move of journal) {
        if (move.oldExisted) await createPrograms(session, move.live, programsOf(move, 'old'));
        else await session.query(`DROP DATABASE IF EXISTS ${identifier(move.live)}`);
      }
      for (const move of journal)
        await createPrograms(session, move.staged, asleep(programsOf(move, 'new'), journal));
      await this.#dropAll(session, asideNameOf);
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
      await this.#dropAll(session, stagedNameOf);
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
      await this.#dropAll(session, stagedNameOf);
      await session.query('SET SESSION foreign_key_checks = 0');
      await this.#dropAll(session, asideNameOf);
    });
  }

  /** Looks at both sides and writes down all that a repeated run will need, before anything changes. */
  async #begin(session: Session): Promise<Journal> {
    const staged = await schemasOfRestore(session, this.#live, this.#restoreId, stagedNameOf);
    if (!staged.includes(this.#staged)) {
      throw new LifeboatError('DATABASE_SWITCH_FAILED', `the staged schema ${this.#staged} is not there`, {
        guidance: 'stage the restore again; the live schema is untouched',
      });
    }
    const lives = [
      ...(await schemasOf(session, this.#live)),
      ...staged.map((name) => liveNameOf(name, this.#live, this.#restoreId)),
    ];
    const renamed = new Map([...new Set(lives)].map((live) => [stagedNameOf(live, this.#restoreId), live]));
    const journal: SchemaMove[] = [];
    for (const [stagedName, live] of renamed) {
      journal.push(await this.#plan(session, live, stagedName, staged.includes(stagedName), renamed));
    }
    await this.#assertDefiners(
      session,
      journal.flatMap(({ programs }) => programs),
    );
    for (const { live, staged: like, aside, oldExisted } of journal) {
      await createLike(session, oldExisted ? live : like, aside);
    }
    await writeJournal(session, this.#aside, journal);
    return journal;
  }

  async #plan(
    session: Session,
    live: string,
    staged: string,
    newExists: boolean,
    renamed: ReadonlyMap<string, string>,
  ): Promise<SchemaMove> {
    const aside = asideNameOf(live, this.#restoreId);
    if ((await schemaExists(session, aside)) && (await tablesOf(session, aside)).length > 0) {
      throw new LifeboatError('CONFLICT', `the schema ${aside} holds tables that no journal explains`);
    }
    const oldExisted = await schemaExists(session, live);
    return {
      live,
      staged,
      aside,
      oldExisted,
      newExists,
      oldTables: oldExisted ? await tablesOf(session, live) : [],
      newTables: newExists ? await tablesOf(session, staged) : [],
      newForeignKeys: newExists ? await foreignKeysOf(session, staged) : [],
      programs: [
        ...(oldExisted ? await recordPrograms(session, live, 'old') : []),
        ...(newExists
          ? (await recordPrograms(session, staged, 'new')).map((one) => withNames(one, renamed))
          : []),
      ],
    };
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
    const fresh = journal.find(({ newTables }) => newTables.length > 0);
    if (fresh !== undefined) return !(await tablesOf(session, fresh.staged)).includes(fresh.newTables[0]!);
    const old = journal.find(({ oldTables }) => oldTables.length > 0);
    if (old !== undefined) return (await tablesOf(session, old.aside)).includes(old.oldTables[0]!);
    return true;
  }

  async #drop(session: Session, journal: Journal, side: Side): Promise<void> {
    for (const move of journal)
      await dropPrograms(session, side === 'old' ? move.live : move.staged, programsOf(move, side));
  }

  async #dropAll(session: Session, nameOf: typeof stagedNameOf): Promise<void> {
    for (const schema of await schemasOfRestore(session, this.#live, this.#restoreId, nameOf)) {
      await session.query(`DROP DATABASE IF EXISTS ${identifier(schema)}`);
    }
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

  async #assertForeignKeys(session: Session, { live, newForeignKeys }: SchemaMove): Promise<void> {
    const found = await foreignKeysOf(session, live);
    const lost = newForeignKeys.filter((key) => !found.includes(key));
    if (lost.length === 0 && found.length === newForeignKeys.length) return;
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

function moves(from: string, to: string, tables: readonly string[]): [string, string, string][] {
  return tables.map((table) => [from, to, table]);
}

function programsOf(move: SchemaMove, side: Side): Program[] {
  return move.programs.filter((program) => program.side === side);
}

/** A partition's views name the default schema; everything else that names schemas does so by their live names. */
function withNames(program: Program, names: ReadonlyMap<string, string>): Program {
  return program.kind === 'view'
    ? { ...program, statement: renameSchemas(program.statement, names) }
    : program;
}

/** Back in the staged schema no event may run. */
function asleep(programs: readonly Program[], journal: Journal): Program[] {
  const names = new Map(journal.map(({ live, staged }) => [live, staged]));
  return programs.map((program) => ({
    ...withNames(program, names),
    ...(program.kind === 'event' && {
      statement: program.statement.replace(
        /( ON COMPLETION (?:NOT )?PRESERVE) ENABLE/,
        '$1 DISABLE ON SLAVE',
      ),
    }),
  }));
}
