import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import { Catalog } from './catalog.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { query, startTestServer, type TestServer } from './testing/test-catalog.ts';

const OPENER = join(import.meta.dirname, 'testing', 'open-catalog.ts');

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function appliedTo(url: string): Promise<unknown[]> {
  return (await query(url, 'select name from schema_migrations order by name')).map(({ name }) => name);
}

describe('migrating', () => {
  it('works for twenty catalogs opened at once on an empty database', async () => {
    const url = await server.emptyDatabase();
    const catalogs = await Promise.all(Array.from({ length: 20 }, () => Catalog.open(url, silentLog)));
    expect(await appliedTo(url)).toEqual(Object.keys(MIGRATIONS));
    for (const catalog of catalogs) expect(await catalog.clusters.list()).toEqual([]);
    await Promise.all(catalogs.map((catalog) => catalog.close()));
  });

  it('works for processes that start at once', async () => {
    const url = await server.emptyDatabase();
    const exits = Array.from({ length: 6 }, async () => {
      const opener = spawn(process.execPath, [OPENER], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, CATALOG_URL: url },
      });
      return (await once(opener, 'exit'))[0] as number;
    });
    expect(await Promise.all(exits)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await appliedTo(url)).toEqual(Object.keys(MIGRATIONS));
  });

  it('leaves a migrated catalog as it is', async () => {
    const url = await server.emptyDatabase();
    for (let time = 0; time < 2; time++) await (await Catalog.open(url, silentLog)).close();
    expect(await appliedTo(url)).toEqual(Object.keys(MIGRATIONS));
  });

  it('refuses a catalog that a newer release has migrated, and does not touch it', async () => {
    const url = await server.emptyDatabase();
    await (await Catalog.open(url, silentLog)).close();
    await query(url, `insert into schema_migrations (name, timestamp) values ('9999-later', '2030-01-01')`);
    await expect(Catalog.open(url, silentLog)).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      context: { unknownMigrations: ['9999-later'] },
    });
    expect(await appliedTo(url)).toEqual([...Object.keys(MIGRATIONS), '9999-later']);
  });
});

describe('connecting', () => {
  it('says whether the server or the password is at fault', async () => {
    const url = new URL(await server.emptyDatabase());
    const wrongPassword = Object.assign(new URL(url), { password: 'wrong' }).href;
    await expect(Catalog.open(wrongPassword, silentLog)).rejects.toMatchObject({
      code: 'DATABASE_AUTHENTICATION',
    });
    const wrongPort = Object.assign(new URL(url), { port: '1' }).href;
    await expect(Catalog.open(wrongPort, silentLog)).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });
});
