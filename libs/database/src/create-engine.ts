import type { DatabaseEngine, DatabaseEngineOptions } from './database-engine.ts';
import type { DatabaseTarget } from './database-target.ts';
import { MysqlEngine } from './mysql/mysql-engine.ts';
import { PostgresqlEngine } from './postgresql/postgresql-engine.ts';

export function databaseEngine(target: DatabaseTarget, options: DatabaseEngineOptions): DatabaseEngine {
  return target.kind === 'postgresql'
    ? new PostgresqlEngine(target, options)
    : new MysqlEngine(target, options);
}
