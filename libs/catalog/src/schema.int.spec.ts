import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import { Catalog } from './catalog.ts';
import { query, startTestServer, type TestServer } from './testing/test-catalog.ts';

const GOLDEN = join(import.meta.dirname, 'schema.golden.txt');

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Tables, columns, constraints and indexes, one a line, as PostgreSQL describes them. */
async function describeSchema(url: string): Promise<string> {
  const lines = await query(
    url,
    `select line from (
       select table_name || '.' || column_name || ' ' || data_type
              || case when is_nullable = 'NO' then ' not null' else '' end
              || coalesce(' default ' || column_default, '')
              || case when is_identity = 'YES' then ' identity ' || identity_generation else '' end as line,
              table_name as place, 1 as part, ordinal_position as number
       from information_schema.columns where table_schema = 'public'
       union all
       select '  ' || pg_get_constraintdef(oid), conrelid::regclass::text, 2, 0
       from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
       union all
       select '  ' || indexdef, tablename, 3, 0 from pg_indexes where schemaname = 'public'
     ) lines
     where place not like 'schema_migrations%'
     order by place collate "C", part, number, line collate "C"`,
  );
  return `${lines.map(({ line }) => line).join('\n')}\n`;
}

it('the migrations come to the schema that is written down (GOLDEN=write writes it)', async () => {
  const url = await server.emptyDatabase();
  await (await Catalog.open(url, silentLog)).close();
  const schema = await describeSchema(url);
  if (process.env['GOLDEN'] === 'write') await writeFile(GOLDEN, schema);
  expect(schema).toBe(await readFile(GOLDEN, 'utf8'));
});
