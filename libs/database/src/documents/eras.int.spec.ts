import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DocumentRow } from '@lifeboat/dxp';
import { silentLog } from '@lifeboat/kernel';
import { startMariaDb, startPostgres, type DatabaseServer } from '@lifeboat/testkit';
import { databaseEngine, type DatabaseEngine, type DatabaseTarget } from '../index.ts';
import * as mysql from '../mysql/mysql-session.ts';
import * as postgresql from '../postgresql/postgresql-session.ts';
import { collect, dumpOf, sorted } from '../spec-helpers.ts';

/** What the tables of documents have in each era (DXP facts §2.4, §3.1), and what is read where they lack a column. */
const ERAS = {
  '6.2': { publications: false, storeUUID: false, imageCompany: false, schemaVersion: false, build: '6210' },
  '7.1': { publications: false, storeUUID: false, imageCompany: true, schemaVersion: true, build: '7110' },
  '7.4': { publications: true, storeUUID: false, imageCompany: true, schemaVersion: true, build: '7413' },
  'since 25.3.0': {
    publications: true,
    storeUUID: true,
    imageCompany: true,
    schemaVersion: true,
    build: '7413',
  },
} as const;
type Era = (typeof ERAS)[keyof typeof ERAS];

const BLOB = { postgresql: 'oid', mariadb: 'longblob' } as const;
const FILE = { postgresql: "lo_from_bytea(0, decode(repeat('ab', 300000), 'hex'))", mariadb: "repeat('q', 300000)" } as const; // prettier-ignore
type Kind = keyof typeof BLOB;

function schemaOf(kind: Kind, era: Era): string[] {
  const ct = era.publications ? 'ctCollectionId bigint not null, ' : '';
  const tables = [
    'Company (companyId bigint primary key, webId varchar(75))',
    'ClassName_ (classNameId bigint primary key, value varchar(200))',
    'Repository (repositoryId bigint primary key, classNameId bigint)',
    `DLFileEntry (${ct}fileEntryId bigint not null, companyId bigint, repositoryId bigint, name varchar(255), title varchar(255))`,
    `DLFileVersion (${ct}fileVersionId bigint, groupId bigint, companyId bigint, repositoryId bigint, folderId bigint, fileEntryId bigint, extraSettings text, version varchar(75), size_ bigint, ${era.storeUUID ? 'storeUUID varchar(255), ' : ''}status int)`,
    `Image (${ct}imageId bigint primary key, ${era.imageCompany ? 'companyId bigint, ' : ''}type_ varchar(75), size_ int)`,
    `Release_ (releaseId bigint primary key, servletContextName varchar(75), ${era.schemaVersion ? 'schemaVersion varchar(75), ' : ''}buildNumber int)`,
    ...(era.publications
      ? [
          `CTSContent (mvccVersion bigint, ctCollectionId bigint, ctsContentId bigint primary key, companyId bigint, repositoryId bigint, path_ varchar(255), version varchar(75), data_ ${BLOB[kind]}, size_ bigint, storeType varchar(255))`,
        ]
      : []),
  ];
  return tables.map((table) => `create table ${table}`);
}

function rowsOf(kind: Kind, era: Era): string[] {
  const ct = (id: string): string => (era.publications ? `${id}, ` : '');
  const uuid = era.storeUUID ? "'u-1', " : '';
  const settings = `repeat('line '' of \\ settings', 3000)`;
  const version = (id: number, publication: string, repository: number, label: string) =>
    `insert into DLFileVersion values (${ct(publication)}${id}, 20, 10, ${repository}, 0, 1, ${kind === 'mariadb' ? settings.replaceAll('\\', '\\\\') : settings}, '${label}', 7, ${uuid}8)`;
  return [
    "insert into Company values (10, 'one.example'), (11, 'two.example')",
    "insert into ClassName_ values (1, 'com.liferay.portal.repository.liferayrepository.LiferayRepository'), (2, 'com.liferay.portal.repository.cmis.CMISRepository'), (3, 'com.liferay.portal.repository.portletrepository.PortletRepository')",
    'insert into Repository values (20, 1), (21, 2), (22, 3), (23, 4)',
    `insert into DLFileEntry values (${ct('0')}1, 10, 20, '101', 'A title')`,
    version(100, '0', 20, '1.0'),
    `insert into Image values (${ct('0')}5, ${era.imageCompany ? '10, ' : ''}'png', 9)`,
    `insert into Release_ values (1, 'portal', ${era.schemaVersion ? "'31.8.0', " : ''}${era.build}), (2, 'other', ${era.schemaVersion ? "'1.0.0', " : ''}0)`,
    ...(era.publications
      ? [
          `insert into DLFileEntry values (77, 1, 10, 20, '101', 'A title in a publication')`,
          version(101, '77', 20, '2.0'),
          `insert into CTSContent values (0, 77, 900, 10, 20, '101', '2.0', ${FILE[kind]}, 7, 'default'), (0, 77, 901, 10, 20, '102', '1.0', null, 8, 'default')`,
        ]
      : []),
  ];
}

function documentsOf(era: Era): DocumentRow[] {
  const place = { companyId: '10', groupId: '20', folderId: '0', repositoryId: '20', name: '101' };
  const row = { ...place, storeUUID: era.storeUUID ? 'u-1' : '', size: 7, status: 8 };
  const production = { ...row, version: '1.0', title: 'A title', ctCollectionId: '0' };
  const published = { ...row, version: '2.0', title: 'A title in a publication', ctCollectionId: '77' };
  return era.publications ? [production, published] : [production];
}

const SERVERS = { postgresql: startPostgres, mariadb: startMariaDb } as const;

describe.each(['postgresql', 'mariadb'] as const)('rows of documents in %s', (kind) => {
  let server: DatabaseServer;
  let dir: string;

  beforeAll(async () => {
    server = await SERVERS[kind]();
    dir = await mkdtemp(join(tmpdir(), 'lifeboat-eras-'));
  });

  afterAll(async () => {
    await server?.stop();
    await rm(dir, { recursive: true });
  });

  async function engineOf(name: string, statements: readonly string[]): Promise<DatabaseEngine> {
    const { host, port, user, password } = server;
    const target: DatabaseTarget = { kind, host, port, user, password, database: name };
    await run({ ...target, database: kind === 'postgresql' ? 'postgres' : 'mysql' }, [
      `create database ${name}`,
    ]);
    await run(target, statements);
    const clock = { now: () => new Date(), monotonic: () => performance.now() };
    return databaseEngine(target, { log: silentLog, clock, tempDir: dir });
  }

  async function run(target: DatabaseTarget, statements: readonly string[]): Promise<void> {
    const all = async (session: { query(sql: string): Promise<unknown> }): Promise<void> => {
      for (const statement of statements) await session.query(statement);
    };
    if (kind === 'postgresql') await postgresql.withSession(target, target.database, all);
    else await mysql.withSession(target, target.database, all);
  }

  it.each(Object.entries(ERAS))('of %s are read alike before the dump and from it', async (name, era) => {
    const database = `era_${name.replaceAll(/\W/g, '_')}`;
    const engine = await engineOf(database, [...schemaOf(kind, era), ...rowsOf(kind, era)]);
    expect((await engine.probe()).portal).toEqual({ documentTables: true, companies: ['10', '11'] });
    const pin = await engine.pin();
    expect(sorted(await collect(pin.documents()))).toEqual(sorted(documentsOf(era)));
    await pin.release();
    const { report } = await dumpOf(engine);
    expect(sorted([...report.documents])).toEqual(sorted(documentsOf(era)));
    expect(report.images).toEqual([
      { imageId: '5', type: 'png', companyId: era.imageCompany ? '10' : '0', size: 9, ctCollectionId: '0' },
    ]);
    expect(report.release).toEqual({
      buildNumber: era.build,
      schemaVersion: era.schemaVersion ? '31.8.0' : null,
    });
    expect([...report.companies].sort()).toEqual(['10', '11']);
    // A class that is not known is the portal's own.
    expect(report.externalRepositories).toEqual(['21']);
    // PostgreSQL counts the bytes of the large object; MariaDB says what the row says.
    const size = kind === 'postgresql' ? 300_000 : 7;
    const content = { ctCollectionId: '77', companyId: '10', repositoryId: '20' };
    expect(report.contents).toEqual(
      era.publications
        ? [
            { ...content, path: '101', version: '2.0', size },
            { ...content, path: '102', version: '1.0', size: -1 },
          ]
        : [],
    );
  });

  it('are not there in a database that is no portal’s', async () => {
    const engine = await engineOf('nothing', ['create table something (id int)']);
    expect((await engine.probe()).portal).toEqual({ documentTables: false, companies: null });
  });
});
