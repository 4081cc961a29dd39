import { LifeboatError } from '@lifeboat/kernel';
import { identifier, select, type Session } from './mysql-session.ts';
import type { Program, ProgramKind, Side } from './switch-journal.ts';

interface Listed {
  readonly name: string;
  readonly type: string;
}

/** Routines before views (which may call them), views before triggers and events. */
const KINDS: readonly { readonly kind: ProgramKind; readonly list: string }[] = [
  {
    kind: 'routine',
    list: `SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES
            WHERE ROUTINE_SCHEMA = ? ORDER BY ROUTINE_TYPE IN ('PACKAGE BODY'), ROUTINE_TYPE, 1`,
  },
  {
    kind: 'view',
    list: "SELECT TABLE_NAME AS name, 'VIEW' AS type FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ? ORDER BY 1",
  },
  {
    kind: 'trigger',
    // Several triggers of one table and moment run in their order.
    list: `SELECT TRIGGER_NAME AS name, 'TRIGGER' AS type FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?
            ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER`,
  },
  {
    kind: 'event',
    list: "SELECT EVENT_NAME AS name, 'EVENT' AS type FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY 1",
  },
];

/** Definitions of everything in `schema` that cannot be moved by RENAME. Leaves `schema` as the default schema. */
export async function recordPrograms(session: Session, schema: string, side: Side): Promise<Program[]> {
  await session.query(`USE ${identifier(schema)}`);
  const programs: Program[] = [];
  for (const { kind, list } of KINDS) {
    for (const { name, type } of await select<Listed>(session, list, [schema])) {
      programs.push(await record(session, side, kind, name, type));
    }
  }
  return programs;
}

async function record(
  session: Session,
  side: Side,
  kind: ProgramKind,
  name: string,
  type: string,
): Promise<Program> {
  const [row] = await select<Record<string, string | null>>(
    session,
    `SHOW CREATE ${type} ${identifier(name)}`,
  );
  const statement = Object.entries(row ?? {}).find(([key]) => /^(Create|SQL Original)/i.test(key))?.[1];
  if (row === undefined || statement === undefined || statement === null) {
    throw new LifeboatError('DATABASE_GRANTS', `the definition of ${type} ${name} may not be read`, {
      guidance: 'the account needs SHOW VIEW, TRIGGER, EVENT and the right to read routines on the schema',
    });
  }
  return {
    side,
    kind,
    name,
    type,
    statement: kind === 'event' && side === 'new' ? enabled(statement) : statement,
    sqlMode: row['sql_mode'] ?? '',
    collation: row['collation_connection'] ?? 'utf8mb4_general_ci',
  };
}

/** The load kept an enabled event asleep as DISABLE ON SLAVE (`SqlRewriter`). */
function enabled(statement: string): string {
  return statement.replace(/( ON COMPLETION (?:NOT )?PRESERVE) DISABLE ON (?:SLAVE|REPLICA)/, '$1 ENABLE');
}

export async function dropPrograms(
  session: Session,
  schema: string,
  programs: readonly Program[],
): Promise<void> {
  if (programs.length === 0) return;
  await session.query(`USE ${identifier(schema)}`);
  for (const { type, name } of programs.toReversed())
    await session.query(`DROP ${type} IF EXISTS ${identifier(name)}`);
}

/**
 * Creates them in `schema`. A view may need another that comes later, so what fails is tried again as long as
 * anything succeeds.
 */
export async function createPrograms(
  session: Session,
  schema: string,
  programs: readonly Program[],
): Promise<void> {
  if (programs.length === 0) return;
  await dropPrograms(session, schema, programs);
  let left: readonly Program[] = programs;
  while (left.length > 0) {
    const failed: Program[] = [];
    let reason: unknown;
    for (const program of left) {
      try {
        await session.query('SET SESSION sql_mode = ?, SESSION collation_connection = ?', [
          program.sqlMode,
          program.collation,
        ]);
        await session.query(program.statement);
      } catch (thrown) {
        reason = thrown;
        failed.push(program);
      }
    }
    if (failed.length === left.length) throw reason;
    left = failed;
  }
}
