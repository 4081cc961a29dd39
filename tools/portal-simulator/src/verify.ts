import { documentContent, imageContent } from './content.ts';
import { openDatabase, type Database, type Row } from './database.ts';
import type { Portal } from './portal.ts';
import { openStore } from './stores/open-store.ts';
import type { PortalStore } from './stores/portal-store.ts';

export interface VerifyReport {
  /** Document versions outside publications. */
  readonly rows: number;
  readonly present: number;
  /** Expected path of each row without a file. */
  readonly missing: string[];
  /** Files that are there with other bytes than their row's. */
  readonly wrong: string[];
  readonly images: {
    readonly rows: number;
    readonly present: number;
    readonly missing: string[];
    readonly wrong: string[];
  };
  /** Rows inside publications and of DLContent whose bytes in the database are right, and those where they are not. */
  readonly inDatabase: { readonly rows: number; readonly wrong: string[] };
  /** Files that no row refers to, derived content left aside. */
  readonly unreferenced: string[];
}

/**
 * Checks a store against a database by computing every row's bytes anew. It shares no code with Lifeboat, so that
 * a mistake there cannot hide here. Neither side may change meanwhile.
 */
export async function verifyPortal(
  portal: Pick<Portal, 'database' | 'store' | 'storeKind'>,
): Promise<VerifyReport> {
  const database = await openDatabase(portal.database);
  const store = openStore(portal, database);
  try {
    const documents = await checkAll(store, (await documentRows(database)).map(expectDocument));
    const images = await checkAll(store, (await imageRows(database)).map(expectImage));
    const referenced = new Set([...documents.found, ...images.found]);
    return {
      ...documents.report,
      images: images.report,
      inDatabase: await checkDatabaseContent(database),
      unreferenced: (await store.list()).filter((name) => !referenced.has(name) && !isDerived(name)),
    };
  } finally {
    await database.close();
  }
}

export function isWhole(report: VerifyReport): boolean {
  const { missing, wrong, images, inDatabase } = report;
  return [missing, wrong, images.missing, images.wrong, inDatabase.wrong].every((list) => list.length === 0);
}

interface Expectation {
  readonly paths: readonly string[];
  readonly content: () => Buffer;
}

function documentRows(database: Database): Promise<Row[]> {
  return database.query(
    `select v.companyId as company, v.groupId as site, v.folderId as folder, e.name as name, v.version as version,
       v.storeUUID as uuid, v.size_ as size, v.extraSettings as origin
     from DLFileVersion v left join DLFileEntry e on e.fileEntryId = v.fileEntryId and e.ctCollectionId = 0
     where v.ctCollectionId = 0`,
  );
}

function imageRows(database: Database): Promise<Row[]> {
  return database.query(
    'select imageId as image, companyId as company, type_ as type, size_ as size from Image',
  );
}

function expectDocument(row: Row): Expectation {
  const [company, name, version, uuid] = [row.company, row.name, row.version, row.uuid].map((value) =>
    String(value ?? ''),
  );
  const folder = `${company}/${String(row.folder) === '0' ? row.site : row.folder}/${name}`;
  const label = uuid === '' ? version! : `${version}~${uuid}`;
  const content = (): Buffer =>
    documentContent(company!, name!, String(row.origin || label), Number(row.size));
  return {
    paths: uuid === '' ? [`${folder}/${version}`] : [`${folder}/${label}`, `${folder}/${version}`],
    content,
  };
}

function expectImage(row: Row): Expectation {
  const file = `${row.image}.${row.type}/1.0`;
  const content = (): Buffer => imageContent(String(row.image), Number(row.size));
  return { paths: [`${row.company}/0/${file}`, `0/0/${file}`], content };
}

interface Checked {
  readonly report: { rows: number; present: number; readonly missing: string[]; readonly wrong: string[] };
  readonly found: Set<string>;
}

async function checkAll(store: PortalStore, expectations: readonly Expectation[]): Promise<Checked> {
  const report: Checked['report'] = { rows: expectations.length, present: 0, missing: [], wrong: [] };
  const found = new Set<string>();
  const queue = expectations.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const { paths, content } of queue) {
        const file = await readFirst(store, paths);
        if (file === undefined) {
          report.missing.push(paths[0]!);
          continue;
        }
        found.add(store.nameOf(file.path));
        if (file.bytes.equals(content())) report.present++;
        else report.wrong.push(file.path);
      }
    }),
  );
  return { report, found };
}

async function readFirst(
  store: PortalStore,
  paths: readonly string[],
): Promise<{ path: string; bytes: Buffer } | undefined> {
  for (const path of paths) {
    const bytes = await store.read(path);
    if (bytes !== undefined) return { path, bytes };
  }
  return undefined;
}

async function checkDatabaseContent(database: Database): Promise<VerifyReport['inDatabase']> {
  const data = database.kind === 'postgresql' ? 'lo_get(data_)' : 'data_';
  const columns = `companyId as company, path_ as path, version as version, ${data} as data`;
  const rows = [
    ...(await database.query(`select ${columns} from CTSContent`)),
    // Beside a store that is in the database, of which rows tell what is right.
    ...(await database.query(`select ${columns} from DLContent where path_ like 'content-%'`)),
  ];
  const wrong = rows.filter(({ company, path, version, data: bytes }) => {
    const stored = bytes as Buffer;
    return !stored.equals(documentContent(String(company), String(path), String(version), stored.length));
  });
  return { rows: rows.length, wrong: wrong.map(({ path, version }) => `${path}/${version}`) };
}

function isDerived(path: string): boolean {
  if (path === 'README.txt' || path.startsWith('.lifeboat/') || /\.index(\.afsh)?$/.test(path)) return true;
  return /^\d+\/0\/(document_thumbnail|document_preview|adaptive)\//.test(path);
}
