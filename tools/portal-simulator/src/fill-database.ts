import { documentContent } from './content.ts';
import type { Database, Value } from './database.ts';
import {
  contentOf,
  ENTRY_COLUMNS,
  entryValues,
  folderOf,
  labelOf,
  VERSION_COLUMNS,
  versionValues,
} from './document.ts';
import type { Population } from './population.ts';
import { schemaOf } from './schema.ts';

/** Counters of the portal: general ids, and names of documents. */
export const ID_COUNTER = 'com.liferay.counter.kernel.model.Counter';
export const NAME_COUNTER = 'com.liferay.document.library.kernel.model.DLFileEntry';

const MADE_AT = new Date('2026-01-01T00:00:00Z');

export async function fillDatabase(
  database: Database,
  population: Population,
  contents: number,
): Promise<void> {
  for (const statement of schemaOf(database.kind)) await database.query(statement);
  await fillPortalTables(database, population);
  const all = [...population.documents, ...population.published];
  await database.insertMany(
    'DLFileEntry',
    ENTRY_COLUMNS,
    all.map((document) => entryValues(document, MADE_AT)),
  );
  const versions = all.flatMap((document) =>
    document.versions.map((version) => versionValues(document, version, MADE_AT)),
  );
  await database.insertMany('DLFileVersion', VERSION_COLUMNS, versions);
  await fillDatabaseContent(database, population, contents);
}

async function fillPortalTables(
  database: Database,
  { companies, places, images, nextId, nextName }: Population,
): Promise<void> {
  const rows: [string, string[], Value[][]][] = [
    ['Company', ['companyId', 'webId', 'mx', 'active_', 'name'], companies.map(({ companyId, webId }) => [companyId, webId, webId, true, webId])],
    ['CompanyInfo', ['companyInfoId', 'companyId', 'key_'], companies.map(({ companyId }) => [companyId, companyId, `key of ${companyId}`])],
    ['VirtualHost', ['virtualHostId', 'companyId', 'layoutSetId', 'hostname', 'defaultVirtualHost', 'languageId'], companies.map(({ companyId, webId }) => [companyId, companyId, 0, webId, true, ''])],
    ['Release_', ['releaseId', 'createDate', 'modifiedDate', 'servletContextName', 'schemaVersion', 'buildNumber', 'buildDate', 'verified', 'state_', 'testString'], releases()],
    ['Counter', ['name', 'currentId'], [[ID_COUNTER, nextId], [NAME_COUNTER, nextName]]],
    ['Repository', ['uuid_', 'repositoryId', 'groupId', 'companyId', 'classNameId', 'name', 'portletId', 'dlFolderId'], [['r-1', 39623, 40001, 20097, 20016, 'com.liferay.journal', 'com_liferay_journal', 39624]]],
    [
      'DLFolder',
      ['uuid_', 'folderId', 'groupId', 'companyId', 'createDate', 'repositoryId', 'mountPoint', 'parentFolderId', 'treePath', 'name', 'hidden_', 'status'],
      places.filter(({ folderId }) => folderId !== '0').map(({ companyId, groupId, folderId }) => [`f-${folderId}`, folderId, groupId, companyId, MADE_AT, groupId, false, 0, `/${folderId}/`, `Folder ${folderId}`, false, 0]),
    ],
    ['Image', ['imageId', 'companyId', 'modifiedDate', 'type_', 'height', 'width', 'size_'], images.map(({ imageId, companyId, type, size }) => [imageId, companyId, MADE_AT, type, 64, 64, size])],
    ['JournalArticle', ['id_', 'groupId', 'companyId', 'articleId', 'version', 'title', 'content', 'modifiedDate'], articles()],
  ]; // prettier-ignore
  for (const [table, columns, values] of rows) await database.insertMany(table, columns, values);
}

function releases(): Value[][] {
  const release = (id: number, name: string, schema: string, build: number): Value[] => [
    id, MADE_AT, MADE_AT, name, schema, build, MADE_AT, true, 0, 'You take the blue pill, the story ends.',
  ]; // prettier-ignore
  return [
    release(1, 'portal', '31.8.0', 7413),
    release(2, 'com.liferay.journal.service', '5.3.0', 0),
    release(3, 'com.liferay.change.tracking.store.service', '1.1.0', 0),
  ];
}

/** Text with everything that a dump may stumble on. */
function articles(): Value[][] {
  const awkward = `<p>Zürich – 東京 🚤 'single' "double" \\backslash\\ tab\t newline\n; -- no comment /* no */ $$ $1 ?</p>\u0001`;
  return Array.from({ length: 50 }, (_, at) => [
    50_000 + at,
    '40001',
    '20097',
    String(100 + at),
    1 + at / 10,
    `Article ${at}`,
    `${awkward}${at}`,
    MADE_AT,
  ]);
}

/** Bytes that the database holds: publications (DXP facts §2.9) and a few rows of DLContent. */
async function fillDatabaseContent(
  database: Database,
  { published }: Population,
  contents: number,
): Promise<void> {
  const blob = database.kind === 'postgresql' ? 'lo_from_bytea(0, ?)' : '?';
  for (const document of published) {
    const version = document.versions[0]!;
    const repositoryId = folderOf(document).split('/')[1]!;
    await database.query(
      `insert into CTSContent (ctCollectionId, ctsContentId, companyId, repositoryId, path_, version, data_, size_, storeType) values (?, ?, ?, ?, ?, ?, ${blob}, ?, ?)`,
      [
        document.ctCollectionId,
        version.fileVersionId,
        document.companyId,
        repositoryId,
        document.name,
        labelOf(version),
        contentOf(document, version),
        version.size,
        'default',
      ],
    );
  }
  for (let at = 1; at <= contents; at++) {
    const size = 5000 * at;
    await database.query(
      `insert into DLContent (contentId, groupId, companyId, repositoryId, path_, version, data_, size_) values (?, ?, ?, ?, ?, ?, ${blob}, ?)`,
      [
        at,
        '40001',
        '20097',
        '40001',
        `content-${at}`,
        '1.0',
        documentContent('20097', `content-${at}`, '1.0', size),
        size,
      ],
    );
  }
}
