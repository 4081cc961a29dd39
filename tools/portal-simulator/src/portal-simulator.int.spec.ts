import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  compareTrees,
  freePort,
  startMariaDb,
  startPostgres,
  tempDir,
  waitUntil,
  type DatabaseServer,
  type TempDir,
} from '@lifeboat/testkit';
import {
  isWhole,
  makePortal,
  openDatabase,
  readPortal,
  runLoad,
  runningPid,
  startNode,
  stopNode,
  TOMCAT,
  verifyPortal,
  type DatabaseKind,
  type Portal,
} from './index.ts';

const ENGINES: [DatabaseKind, () => Promise<DatabaseServer>][] = [
  ['postgresql', () => startPostgres()],
  ['mariadb', () => startMariaDb()],
];

describe.each(ENGINES)('a simulated portal on %s', (kind, start) => {
  let server: DatabaseServer;
  let dir: TempDir;
  let portal: Portal;

  beforeAll(async () => {
    [server, dir] = await Promise.all([start(), tempDir('simulator')]);
    const { host, port, user, password } = server;
    portal = await makePortal({
      dir: dir.join('portal'),
      database: { kind, host, port, user, password, database: 'lportal' },
      documents: 300,
      ports: [await freePort(), await freePort()],
    });
  });

  afterAll(async () => {
    await server?.stop();
    await dir?.remove();
  });

  it('is whole when it is made, with what a store has besides documents', async () => {
    const report = await verifyPortal(portal);
    expect(isWhole(report)).toBe(true);
    expect(report.rows).toBeGreaterThan(300);
    expect(report.present).toBe(report.rows);
    expect(report.images).toMatchObject({ rows: 15, present: 15 });
    expect(report.inDatabase.rows).toBe(10);
    expect(report.unreferenced).toEqual(['20097/40001/99/1.0']);
    expect(await readPortal(portal.dir)).toEqual(portal);
  });

  it('has nodes that differ in configuration, license, logs and caches alone', async () => {
    const [first, second] = portal.nodes.map(({ home }) => home);
    const differing = await compareTrees(first!, second!, {
      excludes: ['data', 'logs'],
      ignoreTimesOfDirectories: true,
    });
    const names = differing
      .filter((line) => /^>fc/.test(line))
      .map((line) => line.slice(line.indexOf(' ') + 1));
    const caches = /^(osgi\/state|work|elasticsearch-sidecar|tomcat-[^/]*\/(work|temp))\//;
    expect(names.filter((name) => !caches.test(name))).toEqual([
      'portal-cluster.properties',
      'portal-setup-wizard.properties',
      'license/activation-key.xml',
      `${TOMCAT}/bin/setenv.sh`,
      `${TOMCAT}/conf/server.xml`,
      `${TOMCAT}/logs/catalina.out`,
    ]);
  });

  it('stays whole under a load of every operation, and leaves traces of rolled-back ones', async () => {
    const load = await runLoad({ portal, rate: 400, commitDelayMs: 2 });
    await waitUntil(
      'every operation',
      () => Object.values(load.counts().operations).every((count) => count > 1),
      { seconds: 50 },
    );
    const counts = await load.stop();
    expect(counts.errors).toEqual({});
    const report = await verifyPortal(portal);
    expect({ missing: report.missing, wrong: report.wrong, images: report.images.wrong }).toEqual({
      missing: [],
      wrong: [],
      images: [],
    });
    expect(report.unreferenced.length).toBeGreaterThan(1);
    const logs = await Promise.all(portal.nodes.map(({ home }) => lastLog(home)));
    for (const log of logs) expect(log).toContain('add by node-');
  });

  it('reports a lost file, changed bytes and a lost image by name', async () => {
    const database = await openDatabase(portal.database, 1);
    const rows = await database.query(
      `select v.companyId as company, v.groupId as site, v.folderId as folder, e.name as name
       from DLFileVersion v join DLFileEntry e on e.fileEntryId = v.fileEntryId and e.ctCollectionId = 0
       where v.version = '1.0' and v.ctCollectionId = 0 order by v.fileVersionId limit 2`,
    );
    const [image] = await database.query(
      'select companyId as company, imageId as id, type_ as type from Image order by imageId limit 1',
    );
    await database.close();
    const [lost, changed] = rows.map(
      (row) => `${row.company}/${row.folder === '0' ? row.site : row.folder}/${row.name}/1.0`,
    );
    await rm(join(portal.store, lost!));
    await appendFile(join(portal.store, changed!), 'x');
    const imagePath = `${image!.company}/0/${image!.id}.${image!.type}/1.0`;
    await writeFile(join(portal.store, imagePath), 'not a picture');
    const report = await verifyPortal(portal);
    expect(isWhole(report)).toBe(false);
    expect(report).toMatchObject({
      missing: [lost],
      wrong: [changed],
      images: { missing: [], wrong: [imagePath] },
    });
  });

  it('has a node process that answers once it started, says when the database is gone, and ends when told', async () => {
    const node = portal.nodes[0]!;
    const options = { home: node.home, pidFile: dir.join('node.pid'), startDelayMs: 100 };
    const url = `http://127.0.0.1:${node.port}/`;
    const pid = await startNode(options);
    try {
      expect(await startNode(options)).toBe(pid);
      expect(await waitUntil('the portal', () => answerOf(url, 200))).toBe('Liferay 7413\n');
      expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).toContain(
        `-Dcatalina.base=${node.home}/${TOMCAT}`,
      );
      await server.kill();
      expect(await waitUntil('an unhealthy portal', () => answerOf(url, 503))).toMatch(/\n$/);
    } finally {
      await stopNode(options.pidFile);
    }
    expect(await runningPid(options.pidFile)).toBeUndefined();
    expect(await stopNode(options.pidFile)).toBe(false);
    expect(await lastLog(node.home)).toContain('Stopped');
  });
});

async function answerOf(url: string, status: number): Promise<string | undefined> {
  const response = await fetch(url).catch(() => undefined);
  const text = await response?.text();
  return response?.status === status ? text : undefined;
}

async function lastLog(home: string): Promise<string> {
  const names = (await readdir(join(home, 'logs'))).sort();
  return readFile(join(home, 'logs', names.at(-1)!), 'utf8');
}
