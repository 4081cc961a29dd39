/**
 * Databases of a cluster: dumped from a pinned snapshot and proven whole from their own bytes, loaded beside the
 * live one and counted through, switched and switched back by rename.
 *
 * Promised: a dump whose `done` resolved holds every table, row, view, trigger, routine, event and large object
 * that the account was proven to see; every step of a restore can be repeated after a crash.
 * Company partitions belong to the database: schemas of a PostgreSQL database, schemas beside the default one on
 * MariaDB and MySQL, all in one snapshot and one switch.
 * Not promised: globals (roles, tablespaces, accounts).
 */
export { databaseEngine } from './create-engine.ts';
export type {
  DatabaseEngine,
  DatabaseEngineOptions,
  DatabaseProbe,
  Dump,
  DumpReport,
  LoadReport,
  Pin,
  PortalFacts,
  PortalRows,
} from './database-engine.ts';
export { parseTarget, type DatabaseTarget } from './database-target.ts';
export { openEngine } from './open-engine.ts';
export type { ObjectCounts } from './object-counts.ts';
