import { appendFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, type Database } from '@lifeboat/portal-simulator';
import { startPostgres, tempDir, type DatabaseServer, type TempDir } from '@lifeboat/testkit';
import { parse, stringify } from 'yaml';

import { PortalCluster, ServerProcess, type CliResult } from '../src/index.ts';

interface Listed {
  readonly title: string;
  readonly groupId: string;
  readonly expectedPath: string;
  readonly size: number;
  readonly status: number;
  readonly actualSize?: number;
}

interface Statement {
  readonly guarantee: string;
  readonly documents: {
    readonly rows: number;
    readonly resolved: number;
    readonly missing: Listed[];
    readonly sizeMismatch: Listed[];
    readonly outsideStore: Listed[];
    readonly newLosses: string[];
    readonly acknowledged: number;
    readonly inPublication: number;
    readonly inExternalRepository: number;
    readonly orphanFiles: number;
    readonly derived: { readonly files: number; readonly bytes: number; readonly skipped: boolean };
    readonly companiesWithoutRow: string[];
    readonly ambiguous: string[];
    readonly images: { readonly missing: string[]; readonly sizeMismatch: string[] };
  };
  readonly acknowledgement: { readonly acknowledgedBy: string; readonly reason: string } | null;
}

/** A version as the portal's own tables have it, with where its file lies. */
interface Version {
  readonly entry: string;
  readonly path: string;
  readonly title: string;
  readonly groupId: string;
  readonly size: number;
  readonly status: number;
}

const PUBLICATION = '41201';

let dir: TempDir;
let postgres: DatabaseServer;
let server: ServerProcess;
let cluster: PortalCluster;
let database: Database;

beforeAll(async () => {
  dir = await tempDir('story-statement');
  [postgres, server] = await Promise.all([startPostgres(), ServerProcess.start(dir.join('server'))]);
  cluster = await PortalCluster.make({
    name: 'portal',
    dir: dir.join('portal'),
    kind: 'postgresql',
    database: postgres,
    nodes: 1,
    documents: 60,
    store: 'shared',
  });
  await cluster.protect(server);
  database = await openDatabase(cluster.portal.database);
});

afterAll(async () => {
  await database?.close();
  await Promise.all([cluster?.stop(), server?.stop()]);
  await postgres?.stop();
  await dir?.remove();
});

describe('the statement of a damaged cluster', () => {
  let whole: Statement;
  let damaged: Statement;
  let set = '';
  const injected: Record<'missing' | 'wrong' | 'outside', Version[]> = {
    missing: [],
    wrong: [],
    outside: [],
  };
  let images: { path: string }[] = [];

  it('has nothing to say of one that is whole', async () => {
    ({ statement: whole } = await takeSet());
    expect(whole).toMatchObject({ guarantee: 'consistent', acknowledgement: null });
    expect(whole.documents).toMatchObject({
      missing: [],
      sizeMismatch: [],
      outsideStore: [],
      newLosses: [],
      inPublication: 5,
      inExternalRepository: 0,
      orphanFiles: 1,
      companiesWithoutRow: [],
      images: { missing: [], sizeMismatch: [] },
    });
    expect(whole.documents.derived).toMatchObject({ skipped: false });
    expect(whole.documents.derived.files).toBeGreaterThan(0);
  });

  it('lists what was done to it, and nothing else', async () => {
    const [gone, cut, grown, swapped] = (await versions()).filter(({ size }) => size > 10);
    await rm(inStore(gone!));
    await truncate(inStore(cut!), cut!.size - 1);
    await appendFile(inStore(grown!), 'and more');
    // Bytes of the same size at the same place: no size tells, and no statement can.
    await writeFile(inStore(swapped!), Buffer.alloc(swapped!.size, 'x'));
    const withoutFile = await addRow('without a file', { name: '777001' });
    const workingCopy = await addRow('checked out', { name: '777002', version: 'PWC' });
    await write(workingCopy.path, workingCopy.size);
    const trashed = await addRow('in the trash', { name: '777003', status: 8 });
    const outside = await addRow('that leads away', { name: '../../../etc' });
    const inPublication = await addRow('of a publication', { name: '777004', ctCollectionId: PUBLICATION });
    await addContent(inPublication);
    const lostInPublication = await addRow('lost in it', { name: '777005', ctCollectionId: PUBLICATION });
    await addExternalRepository('88001');
    await addRow('at a partner', { name: '777006', repositoryId: '88001' });
    await write('20097/40001/777099/1.0', 5);
    await write('99999/40001/777098/1.0', 5);
    images = await twoImages();
    await rm(path.join(cluster.portal.store, images[0]!.path));
    await appendFile(path.join(cluster.portal.store, images[1]!.path), 'x');
    injected.missing = [gone!, withoutFile, trashed, lostInPublication];
    injected.wrong = [cut!, grown!];
    injected.outside = [outside];

    const taken = await takeSet();
    ({ statement: damaged, set } = taken);
    expect(taken.code).toBe(3);
    const { documents } = damaged;
    expect(byPath(documents.missing)).toEqual(byPath(injected.missing.map(listed)));
    expect(byPath(documents.sizeMismatch)).toEqual(
      byPath([
        { ...listed(cut!), actualSize: cut!.size - 1 },
        { ...listed(grown!), actualSize: grown!.size + 8 },
      ]),
    );
    expect(byPath(documents.outsideStore)).toEqual(byPath(injected.outside.map(listed)));
    expect(documents.images).toMatchObject({ missing: [images[0]!.path], sizeMismatch: [images[1]!.path] });
    expect(documents.newLosses.toSorted()).toEqual(allLosses());
    expect(documents.ambiguous).toEqual([]);
    expect(documents.companiesWithoutRow).toEqual(['99999']);
    expect(documents.derived).toEqual(whole.documents.derived);
    // Five rows more whose bytes are asked of the store or of a publication; the working copy has them.
    expect(documents.rows - whole.documents.rows).toBe(5);
    expect(documents.resolved - whole.documents.resolved).toBe(1 - 3);
    expect(documents.inPublication - whole.documents.inPublication).toBe(1);
    expect(documents.inExternalRepository).toBe(1);
    expect(documents.orphanFiles - whole.documents.orphanFiles).toBe(2);
    expect(damaged.guarantee).toBe('incomplete');
  });

  it('shows each loss to a person with title, group, size and status', async () => {
    const { stdout } = await server.cli('set', 'statement', set);
    const [gone] = injected.missing;
    expect(stdout).toContain(`${gone!.title} (${gone!.path}), group ${gone!.groupId}`);
    expect(stdout).toContain('in trash');
    expect(stdout).toContain(`new loss: ${gone!.path}`);
  });

  it('is taken note of with a reason, and tells old losses from new ones from then on', async () => {
    const refused = await server.cli('set', 'acknowledge', set);
    expect(refused.code).toBe(2);
    const losses = allLosses();
    const said = await server.json('set', 'acknowledge', set, '--reason', 'lost in the move of 2019');
    expect(said).toMatchObject({ set, losses: losses.length, reason: 'lost in the move of 2019' });
    const shown = await server.json<Statement>('set', 'statement', set);
    expect(shown.acknowledgement).toMatchObject({ reason: 'lost in the move of 2019' });
    const audit = await server.json<{ action: string; detail: { reason?: string } }[]>('audit', 'list');
    expect(audit.find(({ action }) => action === 'acknowledgeLosses')?.detail.reason).toContain('2019');

    // The set goes; what was acknowledged stays.
    await server.json('set', 'delete', set, '--force', '--yes');
    const known = await takeSet();
    expect(known.code).toBe(0);
    expect(known.statement.guarantee).toBe('consistent-with-known-losses');
    expect(known.statement.documents).toMatchObject({ newLosses: [], acknowledged: losses.length });

    const [another] = (await versions()).filter(({ path: at }) => !losses.includes(at));
    await rm(inStore(another!));
    const { statement, code } = await takeSet();
    expect([code, statement.guarantee, statement.documents.newLosses]).toEqual([
      3,
      'incomplete',
      [another!.path],
    ]);
  });

  function allLosses(): string[] {
    const { missing, wrong, outside } = injected;
    return [...missing, ...wrong, ...outside, ...images].map(({ path: at }) => at).toSorted();
  }
});

describe('a set of a cluster that says so', () => {
  it('leaves previews, thumbnails and adaptive media out', async () => {
    await applyWith({ documentStore: { derivedFiles: 'skip' } });
    const { statement, set } = await takeSet();
    expect(statement.documents.derived.skipped).toBe(true);
    const { entries } = await server.json<{ entries: { name: string }[] }>(
      'set',
      'browse',
      set,
      'cluster/document-store/20097/0',
    );
    const names = entries.map(({ name }) => name);
    expect(names.some((name) => /\.(png|jpg|gif)$/.test(name))).toBe(true);
    expect(names.filter((name) => /^(document_|adaptive)/.test(name))).toEqual([]);
    await applyWith({});
  });
});

describe('a set is refused clearly', () => {
  it('of a database that is no portal’s', async () => {
    await database.query('create database nothing');
    const url = `postgres://${postgres.user}@${postgres.host}:${postgres.port}/nothing`;
    await applyWith({ database: { url } });
    const { said, code } = await fail();
    expect(code).toBe(1);
    expect(said).toContain('DATABASE_OF_ANOTHER');
    expect(said).toContain('DLFileEntry');
    await applyWith({});
  });

  it('of a database whose companies are not those of the store', async () => {
    await database.query('update Company set companyId = companyId + 1000000');
    const { said, code } = await fail();
    expect(code).toBe(1);
    expect(said).toContain('DATABASE_OF_ANOTHER');
    expect(said).toContain('20097');
    await database.query('update Company set companyId = companyId - 1000000');
  });

  async function fail(): Promise<{ said: string; code: number | null }> {
    const run = await server.cli('backup', 'run', '--cluster', 'portal', '--wait');
    const [latest] = await server.json<{ set: string }[]>('set', 'list', '--cluster', 'portal');
    const { stdout } = await server.cli('set', 'show', latest!.set);
    return { said: [run.stdout, run.stderr, stdout].join('\n'), code: run.code };
  }
});

async function takeSet(): Promise<{ set: string; code: number | null; statement: Statement }> {
  const run: CliResult = await server.cli('backup', 'run', '--cluster', 'portal', '--wait', '--json');
  const { set, state } = JSON.parse(run.stdout) as { set: string; state: string };
  expect(['sealed', 'proved']).toContain(state);
  return { set, code: run.code, statement: await server.json<Statement>('set', 'statement', set) };
}

/** The cluster's definition with some of its keys changed. */
async function applyWith(changes: Record<string, object>): Promise<void> {
  const definition = parse(await readFile(cluster.definitionFile, 'utf8')) as Record<string, object>;
  for (const [key, change] of Object.entries(changes)) definition[key] = { ...definition[key], ...change };
  const file = dir.join('changed.yaml');
  await writeFile(file, stringify(definition));
  await server.json('cluster', 'apply', '-f', file);
}

/** Of production, oldest first, by the rule of the facts and not by Lifeboat's code. */
async function versions(): Promise<Version[]> {
  const rows = await database.query(
    `select e.fileEntryId as entry, v.companyId as company, v.groupId as site, v.folderId as folder, e.name as name,
       v.version as version, v.storeUUID as uuid, v.size_ as size, e.title as title, v.status as status
     from DLFileVersion v join DLFileEntry e on e.fileEntryId = v.fileEntryId and e.ctCollectionId = 0
     where v.ctCollectionId = 0 and e.name not like '777%' and e.name not like '..%' order by v.fileVersionId`,
  );
  return rows.map((row) => {
    const folder = String(row.folder) === '0' ? row.site : row.folder;
    const label = row.uuid === '' ? row.version : `${String(row.version)}~${String(row.uuid)}`;
    return {
      entry: String(row.entry),
      path: `${String(row.company)}/${String(folder)}/${String(row.name)}/${String(label)}`,
      title: String(row.title),
      groupId: String(row.site),
      size: Number(row.size),
      status: Number(row.status),
    };
  });
}

let nextId = 900_000;

async function addRow(
  title: string,
  facts: { name: string; version?: string; status?: number; ctCollectionId?: string; repositoryId?: string },
): Promise<Version> {
  const { name, version = '1.0', status = 0, ctCollectionId = '0', repositoryId = '40001' } = facts;
  nextId += 2;
  const size = 40;
  await database.query(
    `insert into DLFileEntry (ctCollectionId, fileEntryId, groupId, companyId, repositoryId, folderId, name, title, version, size_)
     values (?, ?, 40001, 20097, ?, 0, ?, ?, ?, ?)`,
    [ctCollectionId, nextId, repositoryId, name, title, version, size],
  );
  await database.query(
    `insert into DLFileVersion (ctCollectionId, fileVersionId, fileEntryId, groupId, companyId, repositoryId, folderId, version, size_, storeUUID, status)
     values (?, ?, ?, 40001, 20097, ?, 0, ?, ?, '', ?)`,
    [ctCollectionId, nextId + 1, nextId, repositoryId, version, size, status],
  );
  const at = `20097/40001/${name}/${version}`;
  return { entry: String(nextId), path: at, title, groupId: '40001', size, status };
}

async function addContent({ path: at, size }: Version): Promise<void> {
  const [company, repository, name, version] = at.split('/');
  await database.query(
    `insert into CTSContent (ctCollectionId, ctsContentId, companyId, repositoryId, path_, version, data_, size_, storeType)
     values (?, 990001, ?, ?, ?, ?, lo_from_bytea(0, ?), ?, 'default')`,
    [PUBLICATION, company!, repository!, name!, version!, Buffer.alloc(size), size],
  );
}

async function addExternalRepository(id: string): Promise<void> {
  await database.query('create table ClassName_ (classNameId bigint primary key, value varchar(200))');
  await database.query(
    "insert into ClassName_ values (20777, 'com.liferay.document.library.repository.cmis.CMISRepository')",
  );
  await database.query(
    "insert into Repository (repositoryId, groupId, companyId, classNameId, name) values (?, 40001, 20097, 20777, 'Partner')",
    [id],
  );
}

async function twoImages(): Promise<{ path: string }[]> {
  const rows = await database.query(
    'select companyId as company, imageId as image, type_ as type from Image order by imageId limit 2',
  );
  return rows.map((row) => ({
    path: `${String(row.company)}/0/${String(row.image)}.${String(row.type)}/1.0`,
  }));
}

function inStore({ path: at }: Version): string {
  return path.join(cluster.portal.store, at);
}

async function write(at: string, size: number): Promise<void> {
  const file = path.join(cluster.portal.store, at);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, Buffer.alloc(size, 'n'));
}

function listed({ path: expectedPath, title, groupId, size, status }: Version): Listed {
  return { title, groupId, expectedPath, size, status };
}

/** What a person needs of each, in one order. */
function byPath(documents: readonly Listed[]): Listed[] {
  return documents
    .map(({ title, groupId, expectedPath, size, status, actualSize }) => ({
      title,
      groupId,
      expectedPath,
      size,
      status,
      ...(actualSize === undefined ? {} : { actualSize }),
    }))
    .sort((a, b) => a.expectedPath.localeCompare(b.expectedPath));
}
