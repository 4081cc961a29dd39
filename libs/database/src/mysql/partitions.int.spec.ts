import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import { startMariaDb, type DatabaseServer } from '@lifeboat/testkit';
import { databaseEngine, type DatabaseEngine, type DatabaseTarget } from '../index.ts';
import { collect, dumpOf, pieces, takeDump } from '../spec-helpers.ts';
import { select, withSession } from './mysql-session.ts';

const RESTORE = '0a1b2c3d-0000-4000-8000-000000000002';
const clock = { now: () => new Date(), monotonic: () => performance.now() };

const DOCUMENTS = [
  'CREATE TABLE DLFileEntry (fileEntryId BIGINT PRIMARY KEY, name VARCHAR(255), title VARCHAR(255))',
  'CREATE TABLE DLFileVersion (fileVersionId BIGINT PRIMARY KEY, fileEntryId BIGINT, companyId BIGINT, version VARCHAR(75), size_ BIGINT)',
  'CREATE TABLE Group_ (groupId BIGINT PRIMARY KEY, companyId BIGINT)',
];

/** A portal whose second and third company have schemas of their own, as DXP makes them (DXP facts §3.5). */
function partitioned(database: string): string[] {
  const partition = (company: number): string[] => [
    `CREATE DATABASE lpartition_${company} CHARACTER SET utf8mb4`,
    `USE lpartition_${company}`,
    ...DOCUMENTS,
    `CREATE VIEW Company AS SELECT companyId, webId FROM ${database}.Company WHERE webId <> 'lportal.x'`,
    ...documents(company),
  ];
  return [
    `CREATE DATABASE ${database} CHARACTER SET utf8mb4`,
    `USE ${database}`,
    'CREATE TABLE Company (companyId BIGINT PRIMARY KEY, webId VARCHAR(75))',
    "INSERT INTO Company VALUES (1, 'one'), (2, 'two'), (3, 'three')",
    ...DOCUMENTS,
    ...documents(1),
    ...partition(2),
    ...partition(3),
    'CREATE DATABASE lpartition_77',
  ];
}

function documents(company: number): string[] {
  return [
    `INSERT INTO Group_ VALUES (${company}0, ${company})`,
    `INSERT INTO DLFileEntry VALUES (1, '${company}01', 'of company ${company}')`,
    `INSERT INTO DLFileVersion VALUES (1, 1, ${company}, '1.0', ${company})`,
  ];
}

describe('MariaDB with company partitions', () => {
  let server: DatabaseServer;
  let dir: string;
  let target: DatabaseTarget;
  let engine: DatabaseEngine;

  const run = (...statements: string[]): Promise<void> =>
    withSession(target, undefined, async (session) => {
      for (const statement of statements) await session.query(statement);
    });
  const rows = (sql: string): Promise<Record<string, unknown>[]> =>
    withSession(target, undefined, (session) => select(session, sql));
  const schemas = async (): Promise<unknown[]> =>
    (await rows('SHOW DATABASES'))
      .map(({ Database }) => Database)
      .filter((name) => /^l(portal|partition)/.test(`${name}`));
  /** Every company's documents, each as its own schema tells, and the companies as every schema sees them. */
  const content = async (companies: readonly number[]): Promise<unknown[]> => {
    const seen: unknown[] = [await rows('SELECT * FROM lportal.Company ORDER BY 1')];
    for (const company of companies) {
      const schema = company === 1 ? 'lportal' : `lpartition_${company}`;
      seen.push(
        await rows(
          `SELECT v.*, e.title FROM ${schema}.DLFileVersion v JOIN ${schema}.DLFileEntry e USING (fileEntryId)`,
        ),
        await rows(`SELECT * FROM ${schema}.Company ORDER BY 1`),
        await rows(
          `SELECT VIEW_DEFINITION AS text FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${schema}'`,
        ),
      );
    }
    return seen;
  };

  beforeAll(async () => {
    server = await startMariaDb();
    dir = await mkdtemp(join(tmpdir(), 'lifeboat-partitions-'));
    const { host, port, user, password } = server;
    target = { kind: 'mariadb', host, port, user, password, database: 'lportal' };
    engine = databaseEngine(target, { log: silentLog, clock, tempDir: dir });
    await run(...partitioned('lportal'));
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('counts all schemas of the portal, and names one that belongs to no company', async () => {
    expect(await engine.probe()).toMatchObject({
      counts: { tables: 10, views: 2 },
      warnings: [expect.stringMatching(/are not in this dump: lpartition_77$/)],
    });
  });

  it('dumps them in one snapshot: what is written to any of them during the dump is in none', async () => {
    const pin = await engine.pin();
    expect((await collect(pin.documents())).map(({ title }) => title)).toEqual(
      [1, 2, 3].map((id) => `of company ${id}`),
    );
    const dump = pin.dump();
    const second = await collect((await dump.secondLook)!);
    expect(second.map(({ companyId }) => companyId)).toEqual(['1', '2', '3']);
    const late = [1, 2, 3].map(
      (id) =>
        `INSERT INTO ${id === 1 ? 'lportal' : `lpartition_${id}`}.DLFileVersion VALUES (2, 1, ${id}, '2.0', 9)`,
    );
    await run(...late);
    const { report } = await takeDump(dump);
    await pin.release();
    expect([...report.documents].map(({ companyId, version, name }) => [companyId, version, name])).toEqual(
      [1, 2, 3].map((id) => [`${id}`, '1.0', `${id}01`]),
    );
    expect(report.rowsByTable.get('lpartition_3.DLFileVersion')).toBe(1);
    expect(report).toMatchObject({
      ddlDuringDump: false,
      doubts: [],
      counts: { tables: 10, views: 2, rows: 12 },
    });
  });

  it('notices a company that gets its partition while the dump is taken', async () => {
    const pin = await engine.pin();
    const dump = pin.dump();
    await dump.secondLook;
    await run(
      "INSERT INTO lportal.Company VALUES (4, 'four')",
      'CREATE DATABASE lpartition_4',
      'CREATE TABLE lpartition_4.Group_ (companyId BIGINT)',
    );
    const { report } = await takeDump(dump);
    await pin.release();
    expect(report.ddlDuringDump).toBe(true);
    await run('DROP DATABASE lpartition_4', 'DELETE FROM lportal.Company WHERE companyId = 4');
  });

  it('brings all of them back in one switch, and goes back, also over companies that came and went', async () => {
    const before = await content([1, 2, 3]);
    const { report, bytes } = await dumpOf(engine);
    await run(
      'DELETE FROM lportal.Company WHERE companyId = 2',
      'DROP DATABASE lpartition_2',
      'DELETE FROM lpartition_3.DLFileVersion',
      "INSERT INTO lportal.Company VALUES (5, 'five')",
      'CREATE DATABASE lpartition_5',
      'USE lpartition_5',
      ...DOCUMENTS,
      ...documents(5),
      'CREATE VIEW Company AS SELECT * FROM lportal.Company',
    );
    const changed = await content([1, 3, 5]);
    const names = await schemas();

    const loaded = await engine.load(Readable.from(pieces(bytes)), RESTORE, report.counts);
    expect(loaded).toMatchObject({ counts: report.counts, warnings: [] });
    expect(await content([1, 3, 5])).toEqual(changed);
    for (let times = 0; times < 2; times += 1) {
      await engine.switchTo(RESTORE);
      await engine.switchTo(RESTORE);
      expect(await content([1, 2, 3])).toEqual(before);
      expect(await schemas()).not.toContain('lpartition_5');
      await engine.switchBack(RESTORE);
      await engine.switchBack(RESTORE);
      expect(await content([1, 3, 5])).toEqual(changed);
      expect((await schemas()).filter((name) => !`${name}`.includes('_lb_'))).toEqual(names);
    }
    await engine.switchTo(RESTORE);
    await engine.finalize(RESTORE);
    await engine.finalize(RESTORE);
    expect(await content([1, 2, 3])).toEqual(before);
    expect(await schemas()).toEqual(['lpartition_2', 'lpartition_3', 'lpartition_77', 'lportal']);
  }, 60_000);

  it('loads into a server that has none of them', async () => {
    const before = await content([1, 2, 3]);
    const { report, bytes } = await dumpOf(engine);
    await run('DROP DATABASE lpartition_2', 'DROP DATABASE lpartition_3', 'DROP DATABASE lportal');
    await engine.load(Readable.from(pieces(bytes)), RESTORE, report.counts);
    expect(await engine.switchTo(RESTORE)).toMatchObject({ asideName: null });
    expect(await content([1, 2, 3])).toEqual(before);
    await engine.finalize(RESTORE);
    expect(await schemas()).toEqual(['lpartition_2', 'lpartition_3', 'lpartition_77', 'lportal']);
  }, 60_000);

  it('refuses an account that sees the companies, but not the schemas of all of them', async () => {
    const grants = (schema: string): string =>
      `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON \`${schema}\`.* TO halfblind`;
    await run(
      "CREATE USER halfblind IDENTIFIED BY 'halfblind'",
      'GRANT SELECT ON mysql.proc TO halfblind',
      grants('lportal'),
      grants('lpartition\\_2'),
    );
    const options = { log: silentLog, clock, tempDir: dir };
    const halfblind = databaseEngine({ ...target, user: 'halfblind', password: 'halfblind' }, options);
    const refused = { code: 'DATABASE_GRANTS', message: expect.stringContaining('lpartition_3') };
    await expect(halfblind.probe()).rejects.toMatchObject(refused);
    await expect(halfblind.pin()).rejects.toMatchObject(refused);
    await run(grants('lpartition\\_3'));
    await expect(halfblind.probe()).resolves.toMatchObject({ counts: { tables: 10 } });
  });

  it('doubts the dump of a table without transactions that was written to meanwhile, and only then', async () => {
    await run('CREATE TABLE lpartition_2.Counter (n INT) ENGINE = MyISAM', 'DO SLEEP(3)');
    expect((await engine.probe()).warnings).toContainEqual(
      expect.stringMatching(/^table lpartition_2.Counter is MyISAM/),
    );
    expect((await dumpOf(engine)).report.doubts).toEqual([]);
    const pin = await engine.pin();
    const dump = pin.dump();
    await dump.secondLook;
    await run('INSERT INTO lpartition_2.Counter VALUES (1)');
    const { report } = await takeDump(dump);
    await pin.release();
    expect(report.doubts).toEqual([
      expect.stringMatching(/^table lpartition_2.Counter is MyISAM and may have been written to/),
    ]);
    await run('DROP TABLE lpartition_2.Counter');
  }, 20_000);

  it('warns of a definer that does not exist where the dump is loaded', async () => {
    await run(
      "CREATE USER leaver IDENTIFIED BY 'leaver'",
      'CREATE DEFINER = leaver VIEW lpartition_2.one AS SELECT 1 AS one',
    );
    const { report, bytes } = await dumpOf(engine);
    await run('DROP USER leaver');
    const { warnings } = await engine.load(Readable.from(pieces(bytes)), RESTORE, report.counts);
    expect(warnings).toEqual([expect.stringMatching(/^definers that do not exist here.*: leaver@%$/)]);
    await engine.discardStaged(RESTORE);
    await run('DROP VIEW lpartition_2.one');
  }, 20_000);

  it('refuses a dump of a server that treats the case of names differently, before anything is made', async () => {
    const { report, bytes } = await dumpOf(engine);
    const loading = engine.load(Readable.from(pieces(bytes)), RESTORE, { ...report.counts, caseMode: 1 });
    await expect(loading).rejects.toMatchObject({
      code: 'DATABASE_LOAD_FAILED',
      message: 'lower_case_table_names is 0 here, and was 1 where the set was taken',
    });
    expect(await schemas()).toEqual(['lpartition_2', 'lpartition_3', 'lpartition_77', 'lportal']);
  });
});
