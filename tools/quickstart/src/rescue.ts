import type { PortalCluster, ServerProcess } from '@lifeboat/dev-cluster';
import { runLoad, verifyPortal, type Counts, type VerifyReport } from '@lifeboat/portal-simulator';

import { strike } from './disaster.ts';
import { formatBytes, say } from './report.ts';

/** Operations a second while the set is taken. */
const LOAD_RATE = 50;

export interface TakenSet {
  readonly set: string;
  readonly state: string;
  readonly guarantee: string;
  readonly bytes: {
    readonly read: number;
    readonly changed: number;
    readonly wire: number;
    readonly stored: number;
  };
  readonly millis: number;
}

interface StatementView {
  readonly fence: { readonly millis: number } | null;
  readonly point: { readonly pins: number } | null;
  readonly documents: {
    readonly rows: number;
    readonly resolved: number;
    readonly missing: unknown[];
  } | null;
}

export interface DoneRestore {
  readonly state: string;
  readonly millis: number;
  readonly stageMillis: number;
  readonly switchMillis: number;
}

/** What the report says of one cluster. */
export interface Rescue {
  readonly cluster: string;
  readonly first: TakenSet;
  readonly second: TakenSet;
  readonly statement: StatementView;
  readonly restore: DoneRestore;
  readonly load: Counts;
  readonly check: VerifyReport;
}

/** One cluster's story: two sets, the first under load, a disaster, a restore, an independent check. */
export async function rescue(server: ServerProcess, cluster: PortalCluster): Promise<Rescue> {
  const { name, portal } = cluster;
  const load = await runLoad({ portal, rate: LOAD_RATE });
  say(`${name}: a backup set while ${LOAD_RATE} operations a second write to the portal`);
  const first = await server.json<TakenSet>('backup', 'run', '--cluster', name, '--wait');
  const counts = await load.stop();
  const statement = await server.json<StatementView>('set', 'statement', first.set);
  const { rows, resolved, missing } = statement.documents ?? { rows: 0, resolved: 0, missing: [] };
  say(
    `${name}: ${first.guarantee}: ${resolved} of ${rows} document versions resolved, ${missing.length} missing; ` +
      `fence ${statement.fence?.millis ?? 0} ms, ${counts.total} operations meanwhile`,
  );
  const second = await server.json<TakenSet>('backup', 'run', '--cluster', name, '--wait');
  say(
    `${name}: a second set moved ${formatBytes(second.bytes.wire)} (the first ${formatBytes(first.bytes.wire)}) in ${second.millis} ms`,
  );

  const { deleted, corrupted } = await strike(cluster);
  say(`${name}: disaster: ${deleted} files deleted, ${corrupted} configurations corrupted, database dropped`);
  const { plan } = await server.json<{ plan: string }>('restore', 'plan', '--set', second.set);
  const restore = await server.json<DoneRestore>('restore', 'run', plan, '--wait');
  say(
    `${name}: restored in ${restore.millis} ms (staged in ${restore.stageMillis} ms, switched in ${restore.switchMillis} ms)`,
  );
  const check = await verifyPortal(portal);
  say(
    `${name}: ${check.present} of ${check.rows} document versions are byte-exact, ${check.missing.length} missing, ${check.wrong.length} wrong`,
  );
  return { cluster: name, first, second, statement, restore, load: counts, check };
}
