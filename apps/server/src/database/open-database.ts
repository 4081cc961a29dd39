import type { ClusterRow } from '@lifeboat/catalog';
import type { DatabaseOperation, DatabaseOperator } from '@lifeboat/coordination';
import type { DatabaseDefinition } from '@lifeboat/model';

import { openLocalDatabase, type LocalDatabaseOptions } from './local-database.ts';
import { openRemoteDatabase, type RemoteDatabaseOptions } from './remote-database.ts';

/** What stays the same whichever database is opened. */
export type DatabaseOpenerOptions = Omit<
  LocalDatabaseOptions & RemoteDatabaseOptions,
  'cluster' | 'definition' | 'onBehalfOf'
>;

/** Opens a cluster's database where its `runOn` says: here, or on the agent of a node. */
export function databaseOpener(options: DatabaseOpenerOptions) {
  return (
    cluster: ClusterRow,
    definition: DatabaseDefinition,
    onBehalfOf: DatabaseOperation,
  ): Promise<DatabaseOperator> => {
    const open = definition.runOn === 'server' ? openLocalDatabase : openRemoteDatabase;
    return open({ ...options, cluster, definition, onBehalfOf });
  };
}
