import type { DatabaseTarget } from '../database-target.ts';
import { schemasOf } from './partitions.ts';
import { select, withSession, type Session } from './mysql-session.ts';

/**
 * Ends every other session of the portal's schemas, and locks the portal's account so that it cannot come back.
 *
 * Not covered: when the portal uses Lifeboat's own account, or none is named, nothing is locked (it would lock us
 * out), so a portal that still runs can connect again. The guard against that is the proof that it has stopped.
 */
export async function fenceSchema(target: DatabaseTarget, portalUser: string | undefined): Promise<void> {
  await withSession(target, undefined, async (session) => {
    await setLock(session, target, portalUser, 'LOCK');
    const sessions = await select<{ id: string | number }>(
      session,
      `SELECT ID AS id FROM information_schema.PROCESSLIST
        WHERE ID <> CONNECTION_ID() AND (DB IN (?) OR USER = ?) AND USER <> 'system user'`,
      [await schemasOf(session, target.database), portalUser === target.user ? '' : (portalUser ?? '')],
    );
    for (const { id } of sessions) {
      // A session that ended by itself meanwhile is what we want.
      await session.query(`KILL ${Number(id)}`).catch(ignoreUnknownThread);
    }
  });
}

export async function unfenceSchema(target: DatabaseTarget, portalUser: string | undefined): Promise<void> {
  await withSession(target, undefined, (session) => setLock(session, target, portalUser, 'UNLOCK'));
}

async function setLock(
  session: Session,
  target: DatabaseTarget,
  portalUser: string | undefined,
  action: 'LOCK' | 'UNLOCK',
): Promise<void> {
  if (portalUser === undefined || portalUser === target.user) return;
  const hosts = await select<{ host: string }>(
    session,
    'SELECT Host AS host FROM mysql.user WHERE User = ?',
    [portalUser],
  );
  for (const { host } of hosts) {
    await session.query(`ALTER USER ${session.escape(portalUser)}@${session.escape(host)} ACCOUNT ${action}`);
  }
}

function ignoreUnknownThread(thrown: { code?: string }): void {
  if (thrown.code !== 'ER_NO_SUCH_THREAD') throw thrown;
}
