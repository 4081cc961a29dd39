/**
 * A process for tests to kill: starts the embedded PostgreSQL on the data directory it is given, commits one row
 * with the text it is given, prints the URL and stays.
 */
import { silentLog } from '@lifeboat/kernel';
import pg from 'pg';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';

const [dataDir = '', text = ''] = process.argv.slice(2);
const { url } = await startEmbeddedPostgres({ dataDir, log: silentLog });
const client = new pg.Client({ connectionString: url });
client.on('error', () => undefined);
await client.connect();
await client.query('create table if not exists kept (text text)');
await client.query('insert into kept values ($1)', [text]);
process.stdout.write(`${url}\n`);
