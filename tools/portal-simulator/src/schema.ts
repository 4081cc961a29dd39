import type { DatabaseKind } from './database.ts';

/**
 * The portal's tables that matter for a backup (DXP facts §3.1), with the columns of schema 25.3.0 and later, in the
 * portal's own neutral notation of types; and some that do not matter, as in reality.
 */
const TABLES: Readonly<Record<string, string>> = {
  Company:
    'mvccVersion LONG default 0 not null, companyId LONG not null primary key, webId VARCHAR(75), mx VARCHAR(200), homeURL STRING, logoId LONG, maxUsers INTEGER, active_ BOOLEAN, name VARCHAR(75)',
  CompanyInfo:
    'mvccVersion LONG default 0 not null, companyInfoId LONG not null primary key, companyId LONG, key_ TEXT',
  VirtualHost:
    'mvccVersion LONG default 0 not null, ctCollectionId LONG default 0 not null, virtualHostId LONG not null, companyId LONG, layoutSetId LONG, hostname VARCHAR(200), defaultVirtualHost BOOLEAN, languageId VARCHAR(75), primary key (virtualHostId, ctCollectionId)',
  Release_:
    'mvccVersion LONG default 0 not null, releaseId LONG not null primary key, createDate DATE, modifiedDate DATE, servletContextName VARCHAR(75), schemaVersion VARCHAR(75), buildNumber INTEGER, buildDate DATE, verified BOOLEAN, state_ INTEGER, testString VARCHAR(1024)',
  Counter: 'name VARCHAR(150) not null primary key, currentId LONG',
  Repository:
    'mvccVersion LONG default 0 not null, ctCollectionId LONG default 0 not null, uuid_ VARCHAR(75), repositoryId LONG not null, groupId LONG, companyId LONG, classNameId LONG, name VARCHAR(200), description STRING, portletId VARCHAR(200), typeSettings TEXT, dlFolderId LONG, primary key (repositoryId, ctCollectionId)',
  DLFolder:
    'mvccVersion LONG default 0 not null, ctCollectionId LONG default 0 not null, uuid_ VARCHAR(75), folderId LONG not null, groupId LONG, companyId LONG, createDate DATE, repositoryId LONG, mountPoint BOOLEAN, parentFolderId LONG, treePath STRING, name VARCHAR(255), hidden_ BOOLEAN, status INTEGER, primary key (folderId, ctCollectionId)',
  DLFileEntry:
    'mvccVersion LONG default 0 not null, ctCollectionId LONG default 0 not null, uuid_ VARCHAR(75), externalReferenceCode VARCHAR(75), fileEntryId LONG not null, groupId LONG, companyId LONG, userId LONG, userName VARCHAR(75), createDate DATE, modifiedDate DATE, classNameId LONG, classPK LONG, repositoryId LONG, folderId LONG, treePath STRING, name VARCHAR(255), fileName VARCHAR(255), extension VARCHAR(75), mimeType VARCHAR(75), title VARCHAR(255), description STRING, extraSettings TEXT, fileEntryTypeId LONG, version VARCHAR(75), size_ LONG, smallImageId LONG, largeImageId LONG, custom1ImageId LONG, custom2ImageId LONG, primary key (fileEntryId, ctCollectionId)',
  DLFileVersion:
    'mvccVersion LONG default 0 not null, ctCollectionId LONG default 0 not null, uuid_ VARCHAR(75), fileVersionId LONG not null, groupId LONG, companyId LONG, userId LONG, userName VARCHAR(75), createDate DATE, modifiedDate DATE, repositoryId LONG, folderId LONG, fileEntryId LONG, treePath STRING, fileName VARCHAR(255), extension VARCHAR(75), mimeType VARCHAR(75), title VARCHAR(255), description STRING, changeLog VARCHAR(500), extraSettings TEXT, fileEntryTypeId LONG, version VARCHAR(75), size_ LONG, checksum VARCHAR(75), storeUUID VARCHAR(255), status INTEGER, primary key (fileVersionId, ctCollectionId)',
  Image:
    'mvccVersion LONG default 0 not null, ctCollectionId LONG default 0 not null, imageId LONG not null, companyId LONG, modifiedDate DATE, type_ VARCHAR(75), height INTEGER, width INTEGER, size_ INTEGER, primary key (imageId, ctCollectionId)',
  DLContent:
    'mvccVersion LONG default 0 not null, ctCollectionId LONG default 0 not null, contentId LONG not null, groupId LONG, companyId LONG, repositoryId LONG, path_ VARCHAR(255), version VARCHAR(75), data_ BLOB, size_ LONG, primary key (contentId, ctCollectionId)',
  CTSContent:
    'mvccVersion LONG default 0 not null, ctCollectionId LONG default 0 not null, ctsContentId LONG not null, companyId LONG, repositoryId LONG, path_ VARCHAR(255), version VARCHAR(75), data_ BLOB, size_ LONG, storeType VARCHAR(255), primary key (ctsContentId, ctCollectionId)',
  JournalArticle:
    'mvccVersion LONG default 0 not null, ctCollectionId LONG default 0 not null, id_ LONG not null, groupId LONG, companyId LONG, articleId VARCHAR(75), version DOUBLE, title VARCHAR(255), content TEXT, modifiedDate DATE, primary key (id_, ctCollectionId)',
  Audit_AuditEvent:
    'auditEventId LONG not null primary key, companyId LONG, createDate DATE, eventType VARCHAR(75), className VARCHAR(200), classPK VARCHAR(75)',
};

const INDEXES = [
  'create index IX_DLFE_GFN on DLFileEntry (groupId, folderId, name)',
  'create index IX_DLFV_FE on DLFileVersion (fileEntryId)',
  'create unique index IX_DLC_PATH on DLContent (companyId, repositoryId, path_, version, ctCollectionId)',
];

const VIEWS = [
  'create view ActiveCompany as select companyId, webId from Company where active_ = true',
  'create view DocumentTitle as select e.companyId, e.name, e.title, v.version, v.size_ from DLFileEntry e join DLFileVersion v on v.fileEntryId = e.fileEntryId and v.ctCollectionId = e.ctCollectionId',
];

const TYPES: Readonly<Record<DatabaseKind, Readonly<Record<string, string>>>> = {
  postgresql: {
    LONG: 'bigint',
    INTEGER: 'integer',
    DOUBLE: 'double precision',
    STRING: 'varchar(4000)',
    TEXT: 'text',
    DATE: 'timestamp',
    BOOLEAN: 'boolean',
    BLOB: 'oid',
  },
  mariadb: {
    LONG: 'bigint',
    INTEGER: 'integer',
    DOUBLE: 'double',
    STRING: 'longtext',
    TEXT: 'longtext',
    DATE: 'datetime(6)',
    BOOLEAN: 'tinyint',
    BLOB: 'longblob',
  },
};

/** A trigger on each engine: whoever renames a site's article leaves an audit row. Plus what goes with it. */
const TRIGGERS: Readonly<Record<DatabaseKind, readonly string[]>> = {
  postgresql: [
    'create sequence audit_event_seq start 1000000',
    `create function audit_article() returns trigger as $$ begin
       insert into audit_auditevent values (nextval('audit_event_seq'), new.companyid, now(), 'UPDATE', 'JournalArticle', new.articleid);
       return new; end $$ language plpgsql`,
    'create trigger journalarticle_audit after update on JournalArticle for each row execute function audit_article()',
    // As the portal does: bytes of a row go when the row goes (DXP facts §5.2).
    ...['DLContent', 'CTSContent'].flatMap((table) => [
      `create rule delete_${table}_data_ as on delete to ${table} do also select case when exists (select 1 from pg_catalog.pg_largeobject_metadata where oid = old.data_) then lo_unlink(old.data_) end`,
    ]),
  ],
  mariadb: [
    `create trigger JournalArticle_audit after update on JournalArticle for each row
       insert into Audit_AuditEvent values (uuid_short(), new.companyId, now(6), 'UPDATE', 'JournalArticle', new.articleId)`,
    'create procedure countDocuments(out n bigint) select count(*) into n from DLFileVersion',
  ],
};

/** Statements that make the portal's schema in an empty database. */
export function schemaOf(kind: DatabaseKind): string[] {
  const tables = Object.entries(TABLES).map(([table, columns]) => {
    const typed = columns.replace(
      /\b(LONG|INTEGER|DOUBLE|STRING|TEXT|DATE|BOOLEAN|BLOB)\b/g,
      (type) => TYPES[kind][type]!,
    );
    return `create table ${table} (${typed})${kind === 'mariadb' ? ' engine InnoDB default charset utf8mb4' : ''}`;
  });
  return [...tables, ...INDEXES, ...VIEWS, ...TRIGGERS[kind]];
}
