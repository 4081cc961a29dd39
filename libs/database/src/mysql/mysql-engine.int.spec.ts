import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import { startMariaDb, type DatabaseServer } from '@lifeboat/testkit';
import { databaseEngine, type DatabaseEngine, type DatabaseTarget } from '../index.ts';
import {
  childNamed,
  clientThatStops,
  collect,
  collectBytes,
  dumpOf,
  pieces,
  sorted,
  takeDump,
} from '../spec-helpers.ts';
import { connect, identifier, select, withSession, type Session } from './mysql-session.ts';

const RESTORE = '0a1b2c3d-0000-4000-8000-000000000001';
const STAGED = 'lportal_lb_0a1b2c3d';
const ASIDE = 'lportal_aside_0a1b2c3d';
const NASTY = `o'brien "x" \\ ), (;'' back\\slash\ttab\nline\r\u00fc\u{1f6df}\x1a`;
const clock = { now: () => new Date(), monotonic: () => performance.now() };

const SCHEMA = [
  `CREATE TABLE DLFileEntry (fileEntryId BIGINT, ctCollectionId BIGINT DEFAULT 0, name VARCHAR(255), title VARCHAR(255), PRIMARY KEY (fileEntryId, ctCollectionId))`,
  `CREATE TABLE DLFileVersion (fileVersionId BIGINT, ctCollectionId BIGINT DEFAULT 0, fileEntryId BIGINT, companyId BIGINT, groupId BIGINT, repositoryId BIGINT,
    folderId BIGINT, version VARCHAR(75), size_ BIGINT, status INT, storeUUID VARCHAR(255), PRIMARY KEY (fileVersionId, ctCollectionId))`,
  `CREATE TABLE Image (imageId BIGINT PRIMARY KEY, type_ VARCHAR(75), size_ INT)`,
  `CREATE TABLE Release_ (releaseId BIGINT PRIMARY KEY, servletContextName VARCHAR(75), schemaVersion VARCHAR(75), buildNumber INT)`,
  'CREATE TABLE parent (id INT PRIMARY KEY)',
  'CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT child_of FOREIGN KEY (p) REFERENCES parent (id))',
  'CREATE TABLE `we``ird (x` (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB, t LONGTEXT, twice INT GENERATED ALWAYS AS (LENGTH(t) * 2) STORED, bits BIT(3))',
  'CREATE TABLE touched (n INT)',
  'CREATE SEQUENCE counter_ START WITH 5',
  'CREATE VIEW a_late AS SELECT title FROM z_titles',
  'CREATE TRIGGER counting BEFORE INSERT ON child FOR EACH ROW BEGIN INSERT INTO touched VALUES (NEW.id);\nINSERT INTO `touched` VALUES (1); END',
  "CREATE PROCEDURE nothing() BEGIN SELECT 'a;b'; END",
  'CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1',
  'CREATE EVENT tick ON SCHEDULE EVERY 1 DAY DO INSERT INTO touched VALUES (2)',
  'CREATE EVENT asleep ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1',
  "INSERT INTO Release_ VALUES (1, 'portal', '25.3.0', 7413), (2, 'other', '1.0.0', 1)",
  "INSERT INTO Image VALUES (77, 'png', 1234)",
  'INSERT INTO parent VALUES (1), (2)',
  'INSERT INTO child VALUES (1, 1), (2, 2)',
];

describe('MariaDB', () => {
  let server: DatabaseServer;
  let dir: string;
  let target: DatabaseTarget;
  let engine: DatabaseEngine;
  const other = (change: Partial<DatabaseTarget>): DatabaseEngine =>
    databaseEngine({ ...target, ...change }, { log: silentLog, clock, tempDir: dir });

  beforeAll(async () => {
    server = await startMariaDb();
    dir = await mkdtemp(join(tmpdir(), 'lifeboat-database-'));
    target = {
      kind: 'mariadb',
      host: server.host,
      port: server.port,
      user: server.user,
      password: server.password,
      database: 'lportal',
    };
    engine = other({});
    await withSession(target, undefined, (session) =>
      run(session, 'CREATE DATABASE lportal CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci'),
    );
    await withSession(target, 'lportal', async (session) => {
      // The view that another needs comes after it by name.
      const [late, ...rest] = [SCHEMA.findIndex((s) => s.includes('a_late'))];
      expect(rest).toEqual([]);
      await run(
        session,
        ...SCHEMA.slice(0, late),
        'CREATE VIEW z_titles AS SELECT title FROM DLFileEntry',
        ...SCHEMA.slice(late),
      );
      await session.query('INSERT INTO DLFileEntry VALUES (1, 0, ?, ?), (1, 9, ?, ?), (2, 0, ?, ?)', [
        '101',
        NASTY,
        '101',
        'draft',
        '102',
        NASTY,
      ]);
      for (let i = 1; i <= 30; i += 1) await addVersion(session, i, i % 2 === 0 ? 1 : 2, i === 30 ? 9 : 0);
      await addVersion(session, 1000, 999, 0); // its entry is gone
      await session.query('INSERT INTO `we``ird (x` (b, t, bits) VALUES (?, ?, ?), (NULL, NULL, NULL)', [
        Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
        NASTY,
        5,
      ]);
    });
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('probes versions, the case mode and what is there', async () => {
    expect(await engine.probe()).toMatchObject({
      counts: {
        tables: 8,
        views: 2,
        triggers: 1,
        routines: 2,
        events: 2,
        sequences: 1,
        largeObjects: 0,
        rules: 0,
      },
      switch: 'atomic',
      caseMode: 0,
      warnings: [],
    });
  });

  it('reads every row of the dump in one of two looks while a writer commits', async () => {
    let writing = true;
    const writer = withSession(target, 'lportal', async (session) => {
      for (let i = 2000; writing; i += 1) {
        await addVersion(session, i, 1, 0);
        await session.query('DELETE FROM DLFileVersion WHERE fileVersionId = ?', [i - 3]);
      }
    });
    const pin = await engine.pin();
    const first = await collect(pin.documents());
    const dump = pin.dump();
    const [{ report, bytes }, second] = await Promise.all([
      takeDump(dump),
      dump.secondLook.then((rows) => collect(rows ?? none())),
    ]);
    await pin.release();
    writing = false;
    await writer;
    const seen = new Set([...sorted(first), ...sorted(second)]);
    // What the writer adds and deletes in between is in neither look; the rows that stayed are in both.
    const standing = [...report.documents].filter(({ size }) => size <= 10_000);
    expect(standing).toHaveLength(31);
    expect(sorted(standing).filter((row) => !seen.has(row))).toEqual([]);
    expect([...report.documents].filter(({ name }) => name === '')).toHaveLength(1);
    expect([...report.documents].find(({ version }) => version === '2.0')?.title).toBe(NASTY);
    expect([...report.documents].find(({ ctCollectionId }) => ctCollectionId === '9')?.title).toBe('draft');
    expect(report.images).toEqual([
      { imageId: '77', type: 'png', companyId: '0', size: 1234, ctCollectionId: '0' },
    ]);
    expect(report.release).toEqual({ buildNumber: '7413', schemaVersion: '25.3.0' });
    expect(report.position).toMatch(/^bin\.\d+:\d+$/);
    expect(pin.position).toMatch(/^bin\.\d+:\d+$/);
    expect(report.ddlDuringDump).toBe(false);
    expect(bytes.toString('utf8')).toContain('-- Dump completed');
  });

  it('lets the dump stand still once its snapshot is open, until it is told to go on', async () => {
    const pin = await engine.pin();
    const dump = pin.dump();
    const seen: Buffer[] = [];
    dump.stream.on('data', (bytes: Buffer) => seen.push(bytes));
    await dump.secondLook.then((rows) => collect(rows ?? none()));
    const stands = Buffer.concat(seen).toString();
    dump.goOn();
    await dump.done;
    await pin.release();
    expect(stands).not.toContain('CREATE TABLE');
    expect(Buffer.concat(seen).toString()).toContain('CREATE TABLE');
  });

  it('ends a dump that stands still when it is cancelled', async () => {
    const pin = await engine.pin();
    const dump = pin.dump();
    await dump.secondLook;
    await dump.cancel();
    await expect(dump.done).rejects.toMatchObject({ code: 'CANCELLED' });
    await pin.release();
  });

  it('brings the schema back whole: load, fence, switch, back, switch, finalize, each step repeatable', async () => {
    const { report, bytes } = await dumpOf(engine);
    const before = await contentOf(target, 'lportal');
    await withSession(target, 'lportal', (session) =>
      run(
        session,
        'DELETE FROM child',
        'DROP TABLE Image',
        'DROP EVENT tick',
        'CREATE TABLE newer (a INT)',
        'INSERT INTO newer VALUES (1)',
        'CREATE TRIGGER newer_t AFTER INSERT ON newer FOR EACH ROW INSERT INTO touched VALUES (9)',
        'CREATE VIEW newer_v AS SELECT * FROM newer',
      ),
    );
    const changed = await contentOf(target, 'lportal');

    const load = await engine.load(Readable.from(pieces(bytes)), RESTORE, report.counts);
    expect(load).toMatchObject({ stagedName: STAGED, counts: report.counts, warnings: [] });
    expect(await readdir(dir)).toEqual([]);
    await withSession(target, undefined, async (session) => {
      const running = await select(
        session,
        'SELECT 1 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? AND STATUS = ?',
        [STAGED, 'ENABLED'],
      );
      expect(running).toEqual([]);
    });

    const portal = await connect(target, 'lportal');
    await engine.fence();
    await expect(portal.query('SELECT 1')).rejects.toThrow();
    expect(await engine.switchTo(RESTORE)).toMatchObject({ asideName: ASIDE });
    expect(await contentOf(target, 'lportal')).toEqual(before);
    expect(await engine.switchTo(RESTORE)).toMatchObject({ asideName: ASIDE });
    expect(await contentOf(target, 'lportal')).toEqual(before);

    await engine.switchBack(RESTORE);
    await engine.switchBack(RESTORE);
    expect(await contentOf(target, 'lportal')).toEqual(changed);

    await engine.switchTo(RESTORE);
    await engine.finalize(RESTORE);
    await engine.finalize(RESTORE);
    expect(await contentOf(target, 'lportal')).toEqual(before);
    expect(await schemas(target)).toEqual(['lportal']);
    await engine.unfence();
  }, 60_000);

  it('goes on after a switch that died between its steps', async () => {
    const { report, bytes } = await dumpOf(engine);
    const before = await contentOf(target, 'lportal');
    await engine.load(Readable.from(pieces(bytes)), RESTORE, report.counts);

    // A reader holds a table: the switch has written its journal and dropped the triggers, and waits to rename.
    const reader = await connect(target, 'lportal');
    await run(reader, 'START TRANSACTION', 'SELECT COUNT(*) FROM parent');
    const dying = expect(engine.switchTo(RESTORE)).rejects.toMatchObject({ code: 'DATABASE_SWITCH_FAILED' });
    await withSession(target, undefined, async (session) => {
      for (;;) {
        const [waiting] = await select<{ ID: string }>(
          session,
          "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'RENAME TABLE%'",
        );
        if (waiting === undefined) continue;
        await session.query(`KILL ${waiting.ID}`);
        break;
      }
    });
    await dying;
    reader.destroy();
    expect(await contentOf(target, 'lportal')).not.toEqual(before);
    await expect(engine.discardStaged(RESTORE)).rejects.toMatchObject({ code: 'CONFLICT' });

    await engine.switchTo(RESTORE);
    expect(await contentOf(target, 'lportal')).toEqual(before);
    await engine.switchBack(RESTORE);
    expect(await contentOf(target, 'lportal')).toEqual(before);
    await engine.discardStaged(RESTORE);
    expect(await schemas(target)).toEqual(['lportal']);
  }, 60_000);

  it('restores into a server where the schema does not exist, and goes back to nothing', async () => {
    const { report, bytes } = await dumpOf(engine);
    const elsewhere = other({ database: 'fresh' });
    await elsewhere.load(Readable.from(pieces(bytes)), RESTORE, report.counts);
    expect(await elsewhere.switchTo(RESTORE)).toMatchObject({ asideName: null });
    expect(await contentOf(target, 'fresh')).toEqual(await contentOf(target, 'lportal'));
    await elsewhere.switchBack(RESTORE);
    expect(await elsewhere.exists()).toBe(false);
    await elsewhere.discardStaged(RESTORE);
    expect(await schemas(target)).toEqual(['lportal']);
    await expect(elsewhere.switchTo(RESTORE)).rejects.toMatchObject({ code: 'DATABASE_SWITCH_FAILED' });
  }, 60_000);

  it('refuses a truncated dump and one that is not what the set recorded', async () => {
    const { report, bytes } = await dumpOf(engine);
    for (const length of [bytes.length - 50, Math.floor(bytes.length / 2)]) {
      const load = engine.load(Readable.from(pieces(bytes.subarray(0, length))), RESTORE, report.counts);
      await expect(load).rejects.toMatchObject({ code: 'DATABASE_DUMP_INCOMPLETE' });
    }
    const lying = engine.load(Readable.from(pieces(bytes)), RESTORE, { ...report.counts, triggers: 2 });
    await expect(lying).rejects.toMatchObject({ code: 'VERIFY_MISMATCH' });
    await engine.discardStaged(RESTORE);
  }, 60_000);

  it('takes no dump from a client that stops early and says that it succeeded', async () => {
    const path = await clientThatStops(dir, 'mariadb-dump', 3000);
    const { bytes } = await dumpOf(engine);
    expect(bytes.length).toBeGreaterThan(3000);
    const pin = await databaseEngine(target, { log: silentLog, clock, tempDir: dir, path }).pin();
    const dump = pin.dump();
    dump.goOn();
    const failed = expect(dump.done).rejects.toMatchObject({ code: 'DATABASE_DUMP_INCOMPLETE' });
    await expect(collectBytes(dump.stream)).rejects.toMatchObject({ code: 'DATABASE_DUMP_INCOMPLETE' });
    await failed;
    await pin.release();
    await rm(path, { recursive: true });
  });

  it('keeps the password out of every argument list, and fails when the client is killed', async () => {
    await withSession(target, 'lportal', (session) =>
      run(session, "CREATE TABLE big AS SELECT seq AS i, REPEAT('x', 1000) AS t FROM seq_1_to_40000"),
    );
    const pin = await engine.pin();
    const dump = pin.dump();
    const client = await childNamed('mariadb-dump', '--hex-blob');
    expect(client.cmdline).not.toContain(server.password);
    expect(client.environ).not.toContain(server.password);
    process.kill(client.pid, 'SIGKILL');
    const failed = expect(dump.done).rejects.toMatchObject({ code: 'DATABASE_DUMP_FAILED' });
    await expect(collectBytes(dump.stream)).rejects.toBeDefined();
    await failed;
    const cancelled = pin.dump();
    await childNamed('mariadb-dump', '--hex-blob');
    await cancelled.cancel();
    await expect(cancelled.done).rejects.toMatchObject({ code: 'CANCELLED' });
    await pin.release();
    await withSession(target, 'lportal', (session) => run(session, 'DROP TABLE big'));
    expect(await readdir(dir)).toEqual([]);
  }, 60_000);

  it('names the wrong password, the unreachable server and the missing grants', async () => {
    await expect(other({ password: 'no' }).probe()).rejects.toMatchObject({
      code: 'DATABASE_AUTHENTICATION',
    });
    await expect(other({ port: 1 }).probe()).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    await withSession(target, undefined, (session) =>
      run(
        session,
        "CREATE USER weak IDENTIFIED BY 'weak'",
        'GRANT SELECT, SHOW VIEW, EVENT ON lportal.* TO weak',
      ),
    );
    const weak = other({ user: 'weak', password: 'weak' });
    const statements = [
      "GRANT TRIGGER ON `lportal`.* TO 'weak'@'%';",
      "GRANT SELECT ON mysql.proc TO 'weak'@'%';",
    ];
    await expect(weak.probe()).rejects.toMatchObject({
      code: 'DATABASE_GRANTS',
      guidance: expect.stringContaining(statements.join('\n')),
    });

    // The client says it succeeded, and the trigger is not in what it wrote.
    const weakPin = await weak.pin();
    const dump = weakPin.dump();
    const done = expect(dump.done).rejects.toMatchObject({ code: 'DATABASE_DUMP_INCOMPLETE' });
    await expect(collectBytes(dump.stream)).rejects.toMatchObject({ code: 'DATABASE_DUMP_INCOMPLETE' });
    await done;
    await weakPin.release();

    await withSession(target, undefined, (session) => run(session, ...statements));
    await expect(weak.probe()).resolves.toMatchObject({ counts: { triggers: 1, routines: 2 } });
    const { report } = await dumpOf(weak);
    expect(report.counts).toMatchObject({ triggers: 1, routines: 2, events: 2 });
  }, 60_000);

  it('replaces definers that the loading account may not set, and says so', async () => {
    const { report, bytes } = await dumpOf(engine);
    await withSession(target, undefined, (session) =>
      run(
        session,
        "CREATE USER loader IDENTIFIED BY 'loader'",
        'GRANT ALL ON `lp\\_two%`.* TO loader',
        'GRANT SELECT ON mysql.proc TO loader',
      ),
    );
    const loader = other({ user: 'loader', password: 'loader', database: 'lp_two' });
    await withSession(target, undefined, (session) =>
      run(session, 'SET GLOBAL log_bin_trust_function_creators = 1'),
    );
    const { warnings } = await loader.load(Readable.from(pieces(bytes)), RESTORE, report.counts);
    expect(warnings).toEqual([expect.stringMatching(/^\d+ definers were replaced by 'loader'@'%'/)]);
    await loader.switchTo(RESTORE);
    expect((await contentOf(target, 'lp_two')).filter((line) => !line.includes('definer'))).toEqual(
      (await contentOf(target, 'lportal')).filter((line) => !line.includes('definer')),
    );
    await loader.finalize(RESTORE);
  }, 60_000);
});

async function run(session: Session, ...statements: string[]): Promise<void> {
  for (const statement of statements) await session.query(statement);
}

async function addVersion(session: Session, id: number, entry: number, publication: number): Promise<void> {
  await session.query('INSERT INTO DLFileVersion VALUES (?, ?, ?, 20099, 20123, 20123, 0, ?, ?, 0, ?)', [
    id,
    publication,
    entry,
    `${id}.0`,
    id * 10,
    id % 3 === 0 ? 'a-b-c' : null,
  ]);
}

async function* none(): AsyncGenerator<never> {}

/** Checksums of all tables and the definitions of everything else, without the schema's name. */
async function contentOf(target: DatabaseTarget, schema: string): Promise<string[]> {
  return withSession(target, schema, async (session) => {
    const content: string[] = [];
    const tables = await select<{ name: string; type: string }>(
      session,
      'SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY 1',
      [schema],
    );
    for (const { name, type } of tables) {
      const [sum] = await select<{ Checksum: string }>(
        session,
        `CHECKSUM TABLE ${identifier(name)} EXTENDED`,
      );
      const [shown] = await select<Record<string, string>>(session, `SHOW CREATE TABLE ${identifier(name)}`);
      const definition = (shown?.['Create Table'] ?? shown?.['Create View'] ?? '').replaceAll(
        / DEFINER=\S+| AUTO_INCREMENT=\d+/g,
        '',
      );
      content.push(`${type} ${name} ${type === 'BASE TABLE' ? sum?.Checksum : ''} ${definition}`);
    }
    const programs = await select<{ fact: string }>(
      session,
      `SELECT CONCAT('trigger ', TRIGGER_NAME, ACTION_STATEMENT, SQL_MODE) AS fact FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?
       UNION ALL SELECT CONCAT('definer ', TRIGGER_NAME, DEFINER) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?
       UNION ALL SELECT CONCAT('routine ', ROUTINE_NAME, ROUTINE_DEFINITION) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?
       UNION ALL SELECT CONCAT('event ', EVENT_NAME, EVENT_DEFINITION, STATUS) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY 1`,
      [schema, schema, schema, schema],
    );
    return [...content, ...programs.map(({ fact }) => fact)];
  });
}

async function schemas(target: DatabaseTarget): Promise<string[]> {
  return withSession(target, undefined, async (session) => {
    const rows = await select<{ name: string }>(
      session,
      "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'lp%' OR SCHEMA_NAME LIKE 'fresh%' ORDER BY 1",
    );
    return rows.map(({ name }) => name).filter((name) => !name.startsWith('lp_two'));
  });
}
