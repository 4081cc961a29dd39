import { createHash } from 'node:crypto';
import { SegmentBuilder, type ManifestEntry } from '@lifeboat/vault-format';

/** Documents have two versions each, and folders fifty documents. */
const DOCUMENTS_A_FOLDER = 50;

/** Tables of a portal of schema 25.3.0 with as many document versions as asked for, made by the server itself. */
export function librarySql(rows: number): string[] {
  const place = `20097, 40001 + (i % 7), 40001 + (i % 7), 100000 + i / ${DOCUMENTS_A_FOLDER}`;
  return [
    'create table company (companyid bigint primary key, webid varchar(75))',
    "insert into company values (20097, 'liferay.com')",
    'create table release_ (releaseid bigint primary key, servletcontextname varchar(75), schemaversion varchar(75), buildnumber int)',
    "insert into release_ values (1, 'portal', '31.8.0', 7413)",
    `create table dlfileentry (mvccversion bigint, ctcollectionid bigint, uuid_ varchar(75), fileentryid bigint,
       companyid bigint, groupid bigint, repositoryid bigint, folderid bigint, username varchar(75), createdate timestamp,
       modifieddate timestamp, name varchar(255), filename varchar(255), extension varchar(75), mimetype varchar(75),
       title varchar(255), description varchar(4000), version varchar(75), size_ bigint, primary key (fileentryid, ctcollectionid))`,
    `create table dlfileversion (mvccversion bigint, ctcollectionid bigint, uuid_ varchar(75), fileversionid bigint,
       companyid bigint, groupid bigint, repositoryid bigint, folderid bigint, username varchar(75), createdate timestamp,
       fileentryid bigint, treepath varchar(4000), filename varchar(255), extension varchar(75), mimetype varchar(75),
       title varchar(255), description varchar(4000), changelog varchar(500), version varchar(75), size_ bigint,
       checksum varchar(75), storeuuid varchar(255), status int, primary key (fileversionid, ctcollectionid))`,
    `insert into dlfileentry select 0, 0, md5('e' || i), 10000000 + i, ${place}, 'Test Test', now(), now(),
       (1000000 + i)::text, 'Annual report ' || i || '.pdf', 'pdf', 'application/pdf', 'Annual report ' || i, '', '1.1', ${sizeSql('1')}
     from generate_series(0, ${rows / 2 - 1}) i`,
    ...['0', '1'].map(
      (
        minor,
      ) => `insert into dlfileversion select 0, 0, md5('v${minor}' || i), 20000000 + 2 * i + ${minor}, ${place},
       'Test Test', now(), 10000000 + i, '/', 'Annual report ' || i || '.pdf', 'pdf', 'application/pdf', 'Annual report ' || i, '', '',
       '1.${minor}', ${sizeSql(minor)}, null, ${minor === '0' ? "''" : 'md5(i::text)::uuid::text'}, 0
     from generate_series(0, ${rows / 2 - 1}) i`,
    ),
    'analyze',
  ];
}

/** The store's files as a manifest's segments, in path order; the very first is missing, the second is cut short. */
export async function* librarySegments(rows: number): AsyncGenerator<Buffer> {
  const builder = new SegmentBuilder();
  for (let document = 0; document < rows / 2; document += 1) {
    for (const minor of [0, 1]) {
      if (document === 0 && minor === 0) continue;
      const folder = 100000 + Math.floor(document / DOCUMENTS_A_FOLDER);
      const label = minor === 0 ? '1.0' : `1.1~${uuidOf(document)}`;
      const size = sizeOf(document, minor) - (document === 0 ? 1 : 0);
      const finished = builder.push(fileEntry(`20097/${folder}/${1000000 + document}/${label}`, size));
      if (finished !== undefined) yield finished;
    }
  }
  const last = builder.finish();
  if (last !== undefined) yield last;
}

function sizeSql(minor: string): string {
  return `1000 + i % 977 + ${minor}`;
}

function sizeOf(document: number, minor: number): number {
  return 1000 + (document % 977) + minor;
}

/** As `md5(text)::uuid` of PostgreSQL. */
function uuidOf(document: number): string {
  const hex = createHash('md5').update(String(document)).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function fileEntry(path: string, size: number): ManifestEntry {
  const facts = { mode: 0o644, uid: 1000, gid: 1000, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
  const content = [{ chunk: Buffer.alloc(33, 1), length: size }];
  return { ...facts, path: Buffer.from(path), type: 'file', size, content };
}
