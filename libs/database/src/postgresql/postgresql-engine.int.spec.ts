import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import { startPostgres, type DatabaseServer } from '@lifeboat/testkit';
import { databaseEngine, type DatabaseEngine, type DatabaseTarget } from '../index.ts';
import {
  childNamed,
  clientThatStops,
  collect,
  collectBytes,
  pieces,
  sorted,
  takeDump,
} from '../spec-helpers.ts';
import { connect, withSession, type Session } from './postgresql-session.ts';

const RESTORE = '0a1b2c3d-0000-4000-8000-000000000001';
const STAGED = 'lportal_lb_0a1b2c3d';
const ASIDE = 'lportal_aside_0a1b2c3d';
const NASTY = `o'brien "x" \\N \\. back\\slash\ttab\nline\r\u00fc\u{1f6df}`;
const clock = { now: () => new Date(), monotonic: () => performance.now() };

const SCHEMA = `
  CREATE TABLE dlfileentry (fileentryid bigint, ctcollectionid bigint DEFAULT 0, name varchar(255), title varchar(255), PRIMARY KEY (fileentryid, ctcollectionid));
  CREATE TABLE dlfileversion (fileversionid bigint, ctcollectionid bigint DEFAULT 0, fileentryid bigint, companyid bigint, groupid bigint,
    repositoryid bigint, folderid bigint, version varchar(75), size_ bigint, status int, storeuuid varchar(255), PRIMARY KEY (fileversionid, ctcollectionid));
  CREATE TABLE image (imageid bigint PRIMARY KEY, type_ varchar(75), size_ int, companyid bigint);
  CREATE TABLE release_ (releaseid bigint PRIMARY KEY, servletcontextname varchar(75), schemaversion varchar(75), buildnumber int);
  CREATE TABLE dlcontent (contentid bigint PRIMARY KEY, data_ oid);
  CREATE RULE delete_dlcontent_data_ AS ON DELETE TO dlcontent DO ALSO SELECT lo_unlink(OLD.data_);
  CREATE RULE update_dlcontent_data_ AS ON UPDATE TO dlcontent WHERE OLD.data_ IS DISTINCT FROM NEW.data_ DO ALSO SELECT lo_unlink(OLD.data_);
  CREATE TABLE "Odd; table" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "c,1" text, twice int GENERATED ALWAYS AS (length("c,1") * 2) STORED);
  CREATE TABLE empty_ (); CREATE TABLE parted (a int) PARTITION BY LIST (a); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
  CREATE VIEW titles AS SELECT title FROM dlfileentry; CREATE MATERIALIZED VIEW sizes AS SELECT sum(size_) FROM dlfileversion;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.status := NEW.status; RETURN NEW; END $$;
  CREATE TRIGGER touched BEFORE UPDATE ON dlfileversion FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int4); CREATE SEQUENCE counter_;
  INSERT INTO release_ VALUES (1, 'portal', '25.3.0', 7413), (2, 'other', '1.0.0', 1);
  INSERT INTO image VALUES (77, 'png', 1234, 20099);
  INSERT INTO "Odd; table" ("c,1") SELECT repeat('x', i) FROM generate_series(1, 50) i;
  INSERT INTO parted VALUES (1), (1);
  INSERT INTO dlcontent VALUES (1, lo_from_bytea(0, '\\xdeadbeef')), (2, lo_from_bytea(0, decode(repeat('ab', 60000), 'hex')));
`;

describe('PostgreSQL', () => {
  let server: DatabaseServer;
  let dir: string;
  let target: DatabaseTarget;
  let engine: DatabaseEngine;

  beforeAll(async () => {
    server = await startPostgres();
    dir = await mkdtemp(join(tmpdir(), 'lifeboat-database-'));
    target = {
      kind: 'postgresql',
      host: server.host,
      port: server.port,
      user: server.user,
      password: server.password,
      database: 'lportal',
    };
    engine = databaseEngine(target, { log: silentLog, clock, tempDir: dir });
    await withSession(target, 'postgres', (session) =>
      session.query('CREATE DATABASE lportal').then(() => undefined),
    );
    await withSession(target, 'lportal', async (session) => {
      await session.query(SCHEMA);
      await session.query('INSERT INTO dlfileentry VALUES (1, 0, $1, $2), (1, 9, $1, $3), (2, 0, $4, $2)', [
        '101',
        NASTY,
        'draft',
        '102',
      ]);
      for (let version = 1; version <= 40; version += 1) {
        await addVersion(session, version, version % 2 === 0 ? 1 : 2, version === 40 ? 9 : 0);
      }
      await addVersion(session, 1000, 999, 0); // its entry is gone
    });
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('probes versions and counts what is there', async () => {
    const probe = await engine.probe();
    expect(probe.counts).toEqual({
      tables: 9,
      views: 2,
      triggers: 1,
      routines: 3,
      events: 0,
      largeObjects: 2,
      rules: 2,
      sequences: 2,
    });
    expect(probe.switch).toBe('atomic');
    expect(Number.parseInt(probe.clientVersion)).toBeGreaterThanOrEqual(Number.parseInt(probe.serverVersion));
  });

  it('reads the same rows from the snapshot and from the dump while a writer commits', async () => {
    let writing = true;
    const writer = (async () => {
      await withSession(target, 'lportal', async (session) => {
        for (let i = 2000; writing; i += 1) {
          await addVersion(session, i, 1, 0);
          await session.query('DELETE FROM dlfileversion WHERE fileversionid = $1', [i - 3]);
        }
      });
    })();
    const pin = await engine.pin();
    const rows = await collect(pin.documents());
    const { report } = await takeDump(pin.dump());
    const again = await collect(pin.documents());
    await pin.release();
    writing = false;
    await writer;
    expect(sorted([...report.documents])).toEqual(sorted(rows));
    expect(sorted(again)).toEqual(sorted(rows));
    expect(rows.filter(({ name }) => name === '')).toHaveLength(1);
    expect(rows.find(({ version }) => version === '2.0')?.title).toBe(NASTY);
    expect(rows.find(({ ctCollectionId }) => ctCollectionId === '9')?.title).toBe('draft');
    expect(report.images).toEqual([
      { imageId: '77', type: 'png', companyId: '20099', size: 1234, ctCollectionId: '0' },
    ]);
    expect(report.release).toEqual({ buildNumber: '7413', schemaVersion: '25.3.0' });
    expect(report.ddlDuringDump).toBe(false);
    expect(pin.position).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
  });

  it('says when the catalog changed during the dump', async () => {
    const pin = await engine.pin();
    await withSession(target, 'lportal', (session) => session.query('CREATE TABLE l_20099_new (a int)'));
    const { report } = await takeDump(pin.dump());
    await pin.release();
    await withSession(target, 'lportal', (session) => session.query('DROP TABLE l_20099_new'));
    expect(report.ddlDuringDump).toBe(true);
  });

  it('does not call a temporary table of somebody else a change of the catalog', async () => {
    const pin = await engine.pin();
    const report = await withSession(target, 'lportal', async (session) => {
      await session.query('CREATE TEMPORARY TABLE passing (id int PRIMARY KEY)');
      return (await takeDump(pin.dump())).report;
    });
    await pin.release();
    expect(report.ddlDuringDump).toBe(false);
  });

  it('brings the database back whole: load, fence, switch, back, switch, finalize, each step repeatable', async () => {
    const pin = await engine.pin();
    const { report, bytes } = await takeDump(pin.dump());
    await pin.release();
    // A restore computes materialised views from the restored tables.
    await withSession(target, 'lportal', (session) => session.query('REFRESH MATERIALIZED VIEW sizes'));
    const before = await contentOf(target, 'lportal');
    await withSession(target, 'lportal', async (session) => {
      await session.query(
        "COMMENT ON DATABASE lportal IS 'the portal'; ALTER DATABASE lportal SET work_mem = '7MB'",
      );
      await session.query(
        `ALTER DATABASE lportal SET search_path = "$user", public; GRANT CREATE ON DATABASE lportal TO pg_monitor`,
      );
      await session.query('DELETE FROM dlcontent; DROP TABLE image; CREATE TABLE newer (a int)');
    });
    const changed = await contentOf(target, 'lportal');

    const load = await engine.load(Readable.from(pieces(bytes)), RESTORE, report.counts);
    expect(load).toMatchObject({ stagedName: STAGED, counts: report.counts, warnings: [] });
    expect(await readdir(dir)).toEqual([]);

    const portal = await connect(target);
    await engine.fence();
    await expect(portal.query('SELECT 1')).rejects.toThrow();
    await expect(connect(target)).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(await engine.switchTo(RESTORE)).toMatchObject({ asideName: ASIDE });
    expect(await engine.switchTo(RESTORE)).toMatchObject({ asideName: ASIDE });
    await expect(connect(target)).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' }); // the fence holds
    await engine.unfence();
    expect(await contentOf(target, 'lportal')).toEqual(before);
    await withSession(target, 'lportal', async (session) => {
      const { rows } = await session.query(
        "SELECT current_setting('work_mem') AS memory, current_setting('search_path') AS path, has_database_privilege('pg_monitor', 'lportal', 'CREATE') AS granted",
      );
      expect(rows).toEqual([{ memory: '7MB', path: '"$user", public', granted: true }]);
    });

    await engine.switchBack(RESTORE);
    await engine.switchBack(RESTORE);
    expect(await contentOf(target, 'lportal')).toEqual(changed);
    await engine.switchTo(RESTORE);
    await engine.finalize(RESTORE);
    await engine.finalize(RESTORE);
    expect(await contentOf(target, 'lportal')).toEqual(before);
    expect(await databases(target)).toEqual(['lportal', 'postgres']);
    await withSession(target, 'postgres', async (session) => {
      const { rows } = await session.query(
        "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = 'lportal'",
      );
      expect(rows[0]?.comment).toBe('the portal');
    });
  }, 60_000);

  it('restores into a server where the database does not exist, and goes back to nothing', async () => {
    const pin = await engine.pin();
    const { report, bytes } = await takeDump(pin.dump());
    await pin.release();
    const elsewhere = databaseEngine(
      { ...target, database: 'fresh' },
      { log: silentLog, clock, tempDir: dir },
    );
    await elsewhere.load(Readable.from(pieces(bytes)), RESTORE, report.counts);
    expect(await elsewhere.exists()).toBe(false);
    expect(await elsewhere.switchTo(RESTORE)).toMatchObject({ asideName: null });
    expect(await elsewhere.switchTo(RESTORE)).toMatchObject({ asideName: null });
    expect(await contentOf({ ...target, database: 'fresh' }, 'fresh')).toEqual(
      await contentOf(target, 'lportal'),
    );
    await elsewhere.switchBack(RESTORE);
    expect(await elsewhere.exists()).toBe(false);
    await elsewhere.discardStaged(RESTORE);
    await elsewhere.discardStaged(RESTORE);
    expect(await databases(target)).toEqual(['lportal', 'postgres']);
    await expect(elsewhere.switchTo(RESTORE)).rejects.toMatchObject({ code: 'DATABASE_SWITCH_FAILED' });
  }, 60_000);

  it('refuses a truncated dump and leaves the live database alone', async () => {
    const pin = await engine.pin();
    const { report, bytes } = await takeDump(pin.dump());
    await pin.release();
    for (const length of [bytes.length - 1, Math.floor(bytes.length / 2)]) {
      await expect(
        engine.load(Readable.from(pieces(bytes.subarray(0, length))), RESTORE, report.counts),
      ).rejects.toMatchObject({
        code: 'DATABASE_DUMP_INCOMPLETE',
      });
    }
    await expect(
      engine.load(Readable.from(pieces(bytes)), RESTORE, { ...report.counts, rows: 1 }),
    ).rejects.toMatchObject({
      code: 'VERIFY_MISMATCH',
    });
    await engine.discardStaged(RESTORE);
    expect(await databases(target)).toEqual(['lportal', 'postgres']);
  }, 60_000);

  it('takes no dump from a client that stops early and says that it succeeded', async () => {
    const path = await clientThatStops(dir, 'pg_dump', 20_000);
    const pin = await databaseEngine(target, { log: silentLog, clock, tempDir: dir, path }).pin();
    const dump = pin.dump();
    const failed = expect(dump.done).rejects.toMatchObject({ code: 'DATABASE_DUMP_INCOMPLETE' });
    await expect(collectBytes(dump.stream)).rejects.toMatchObject({ code: 'DATABASE_DUMP_INCOMPLETE' });
    await failed;
    await pin.release();
    await rm(path, { recursive: true });
  });

  it('holds company partitions, which are schemas of the database, in the same snapshot, with their large objects', async () => {
    await withSession(target, 'lportal', (session) =>
      session.query(`CREATE SCHEMA lpartition_2;
        CREATE TABLE lpartition_2.dlfileentry (LIKE dlfileentry); CREATE TABLE lpartition_2.dlfileversion (LIKE dlfileversion);
        CREATE TABLE lpartition_2.dlcontent (LIKE dlcontent); CREATE VIEW lpartition_2.release_ AS SELECT * FROM public.release_;
        INSERT INTO lpartition_2.dlfileentry VALUES (1, 0, '201', 'of company 2');
        INSERT INTO lpartition_2.dlfileversion (fileversionid, ctcollectionid, fileentryid, companyid, version, size_) VALUES (1, 0, 1, 2, '1.0', 5);
        INSERT INTO lpartition_2.dlcontent VALUES (1, lo_from_bytea(0, '\\x0102'))`),
    );
    const pin = await engine.pin();
    const rows = await collect(pin.documents());
    await withSession(target, 'lportal', (session) =>
      session.query(
        'UPDATE lpartition_2.dlfileversion SET size_ = 6; UPDATE dlfileversion SET size_ = size_ + 1',
      ),
    );
    const { report, bytes } = await takeDump(pin.dump());
    await pin.release();
    expect(sorted([...report.documents])).toEqual(sorted(rows));
    expect(rows.find(({ companyId }) => companyId === '2')).toMatchObject({ title: 'of company 2', size: 5 });
    expect(report.counts).toMatchObject({ tables: 12, largeObjects: 3 });

    await engine.load(Readable.from(pieces(bytes)), RESTORE, report.counts);
    await engine.switchTo(RESTORE);
    const { rows: restored } = await withSession(target, 'lportal', (session) =>
      session.query(`SELECT v.size_::int AS size, encode(lo_get(c.data_), 'hex') AS content, count(r.*)::int AS releases
        FROM lpartition_2.dlfileversion v, lpartition_2.dlcontent c, lpartition_2.release_ r GROUP BY 1, 2`),
    );
    expect(restored).toEqual([{ size: 5, content: '0102', releases: 2 }]);
    await engine.finalize(RESTORE);
    await withSession(target, 'lportal', (session) =>
      session.query('SELECT lo_unlink(data_) FROM lpartition_2.dlcontent; DROP SCHEMA lpartition_2 CASCADE'),
    );
  }, 60_000);

  it('keeps the password out of every argument list, and fails when the client is killed', async () => {
    await withSession(target, 'lportal', (session) =>
      session.query("CREATE TABLE big AS SELECT i, repeat('x', 1000) AS t FROM generate_series(1, 60000) i"),
    );
    const pin = await engine.pin();
    const dump = pin.dump();
    const client = await childNamed('pg_dump', '--dbname');
    expect(client.cmdline).toContain('--format=custom');
    expect(client.cmdline).not.toContain(server.password);
    expect(client.environ).not.toContain(server.password);
    process.kill(client.pid, 'SIGKILL');
    const failed = expect(dump.done).rejects.toMatchObject({ code: 'DATABASE_DUMP_FAILED' });
    await expect(collectBytes(dump.stream)).rejects.toBeDefined();
    await failed;

    const cancelled = pin.dump();
    await childNamed('pg_dump', '--dbname');
    await cancelled.cancel();
    await expect(cancelled.done).rejects.toMatchObject({ code: 'CANCELLED' });
    await pin.release();
    await withSession(target, 'lportal', (session) => session.query('DROP TABLE big'));
    expect(await readdir(dir)).toEqual([]);
  }, 60_000);

  it('names the wrong password, the unreachable server and the missing grants', async () => {
    const other = (change: Partial<DatabaseTarget>): DatabaseEngine =>
      databaseEngine({ ...target, ...change }, { log: silentLog, clock, tempDir: dir });
    await expect(other({ password: 'no' }).probe()).rejects.toMatchObject({
      code: 'DATABASE_AUTHENTICATION',
    });
    await expect(other({ port: 1 }).probe()).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    await withSession(target, 'lportal', (session) =>
      session.query("CREATE ROLE weak LOGIN PASSWORD 'weak'"),
    );
    const weak = other({ user: 'weak', password: 'weak' });
    const refusal = (await weak.probe().catch((error: unknown) => error)) as { guidance: string };
    expect(refusal).toMatchObject({ code: 'DATABASE_GRANTS' });
    const statements = refusal.guidance.split('\n').slice(1);
    expect(statements).toEqual(
      expect.arrayContaining([
        'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "weak";',
        'GRANT lifeboat TO "weak";',
      ]),
    );
    await withSession(target, 'lportal', (session) => session.query(statements.join('')));
    expect((await weak.probe()).warnings).toEqual(['a restore needs: ALTER ROLE "weak" CREATEDB;']);
  });

  it('refuses a pg_dump older than the server, and tells where the newer one comes from', async () => {
    const bin = join(dir, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'pg_dump'), '#!/bin/sh\necho "pg_dump (PostgreSQL) 11.4"\n');
    await chmod(join(bin, 'pg_dump'), 0o755);
    const { clientFor } = await import('./probe-postgresql.ts');
    await expect(clientFor('pg_dump', { text: '99.1', major: 99 }, bin)).rejects.toMatchObject({
      code: 'DATABASE_CLIENT_TOO_OLD',
      guidance: expect.stringContaining('postgresql-client-99'),
    });
    const chosen = await clientFor('pg_dump', { text: '11.0', major: 11 }, bin);
    expect(chosen).toMatchObject({ program: join(bin, 'pg_dump'), version: '11.4' });
    await rm(bin, { recursive: true });
  });
});

async function addVersion(session: Session, id: number, entry: number, publication: number): Promise<void> {
  await session.query(
    'INSERT INTO dlfileversion VALUES ($1, $2, $3, 20099, 20123, 20123, 0, $4, $5, 0, $6)',
    [id, publication, entry, `${id}.0`, id * 10, id % 3 === 0 ? 'a-b-c' : null],
  );
}

/** Every row of every table, every large object and every definition, as text. */
async function contentOf(target: DatabaseTarget, database: string): Promise<string[]> {
  return withSession({ ...target, database }, database, async (session) => {
    const { rows: tables } = await session.query(
      "SELECT quote_ident(relname) AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm') ORDER BY 1",
    );
    const content: string[] = [];
    for (const { name } of tables) {
      const { rows } = await session.query(
        `SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS sum FROM ${name} t`,
      );
      content.push(`${name} ${rows[0].sum}`);
    }
    const { rows } = await session.query(`
      SELECT 'lo ' || oid || md5(lo_get(oid)) AS fact FROM pg_largeobject_metadata
      UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
      UNION ALL SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class >= 16384
      UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
      UNION ALL SELECT proname || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`);
    return [...content, ...rows.map(({ fact }) => fact as string)];
  });
}

async function databases(target: DatabaseTarget): Promise<string[]> {
  return withSession(target, 'postgres', async (session) => {
    const { rows } = await session.query(
      'SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1',
    );
    return rows.map(({ datname }) => datname as string);
  });
}
