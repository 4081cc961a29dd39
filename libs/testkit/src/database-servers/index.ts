export type { DatabaseServer, DatabaseServerOptions } from './database-server.ts';
export { startMariaDb } from './start-mariadb.ts';
export { startPostgres } from './start-postgres.ts';
