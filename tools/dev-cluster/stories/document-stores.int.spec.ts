import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  isWhole,
  openDatabase,
  runLoad,
  verifyPortal,
  type DatabaseKind,
  type StoreKind,
} from '@lifeboat/portal-simulator';
import { startMariaDb, startPostgres, tempDir, type DatabaseServer, type TempDir } from '@lifeboat/testkit';
import { PortalCluster, ServerProcess } from '@lifeboat/dev-cluster';

interface StatementView {
  readonly guarantee: string;
  readonly documents: { readonly rows: number; readonly resolved: number; readonly missing: unknown[] };
  readonly warnings: string[];
}

const STORES: { storeKind: StoreKind; kind: DatabaseKind; start: () => Promise<DatabaseServer> }[] = [
  { storeKind: 'advanced-file-system', kind: 'mariadb', start: () => startMariaDb() },
  { storeKind: 'database', kind: 'postgresql', start: () => startPostgres() },
  { storeKind: 'database', kind: 'mariadb', start: () => startMariaDb() },
];

let dir: TempDir;
let server: ServerProcess;

beforeAll(async () => {
  dir = await tempDir('document-stores');
  server = await ServerProcess.start(dir.join('server'));
});

afterAll(async () => {
  await server?.stop();
  await dir?.remove();
});

describe.each(STORES)('a portal with a store of kind $storeKind on $kind', ({ storeKind, kind, start }) => {
  let database: DatabaseServer;
  let cluster: PortalCluster;

  beforeAll(async () => {
    database = await start();
    cluster = await PortalCluster.make({
      name: `${storeKind}-${kind}`,
      dir: dir.join(`${storeKind}-${kind}`),
      kind,
      database,
      nodes: 2,
      documents: 200,
      store: 'shared',
      storeKind,
    });
    await cluster.protect(server);
  });

  afterAll(async () => {
    await cluster?.stop();
    await database?.stop();
  });

  it('has every document of T in the set taken under load, and byte by byte after a disaster', async () => {
    const { name, portal } = cluster;
    const load = await runLoad({ portal, rate: 50 });
    const taken = await server.json<{ set: string; guarantee: string }>(
      'backup', 'run', '--cluster', name, '--wait',
    ); // prettier-ignore
    expect((await load.stop()).errors).toEqual({});
    const { documents, warnings } = await server.json<StatementView>('set', 'statement', taken.set);
    expect({ guarantee: taken.guarantee, missing: documents.missing, warnings }).toEqual({
      guarantee: 'consistent',
      missing: [],
      warnings: [],
    });
    expect(documents.rows).toBeGreaterThan(200);

    await cluster.stopNodes();
    await destroy(cluster);
    expect(isWhole(await verifyPortal(portal))).toBe(false);
    const { plan } = await server.json<{ plan: string }>('restore', 'plan', '--set', taken.set);
    const { state } = await server.json<{ state: string }>('restore', 'run', plan, '--wait');
    expect(state).toBe('completed');
    const report = await verifyPortal(portal);
    expect({ whole: isWhole(report), rows: report.rows }).toEqual({ whole: true, rows: documents.rows });
  });
});

async function destroy({ portal }: PortalCluster): Promise<void> {
  await rm(path.join(portal.store, '20097'), { recursive: true, force: true });
  const database = await openDatabase(portal.database, 1);
  if (portal.storeKind === 'database') await database.query('delete from DLContent where contentId % 2 = 0');
  await database.query('delete from DLFileVersion where fileVersionId % 2 = 0');
  await database.close();
}
