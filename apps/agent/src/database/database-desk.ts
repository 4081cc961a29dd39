import {
  isDatabaseWorkKind,
  parseDatabaseRequest,
  type DatabaseResponse,
  type DatabaseWorkKind,
} from '@lifeboat/database/work';
import { LifeboatError } from '@lifeboat/kernel';
import type { DatabaseWork, DatabaseWorkResult } from '@lifeboat/wire';

import type { CommandCall } from '../commands/command-context.ts';
import { DatabaseAccess, type DatabaseAccessOptions } from './database-access.ts';
import type { DatabaseHandlers } from './database-handlers.ts';
import { dumpWork } from './dump-work.ts';
import { HeldSnapshots } from './held-snapshots.ts';
import { restoreWork } from './restore-work.ts';
import { RunningLoads } from './running-loads.ts';

/**
 * The work of a cluster's database that runs on this node (`runOn`): its client programs start here, its password is
 * read here and stays here. Snapshots and dumps are held across lost sessions and end with this process.
 *
 * The node's policy: looking and dumping need nothing more than the cluster's definition; what brings data back
 * needs `mayRestore` (see `restoreWork`).
 */
export class DatabaseDesk {
  readonly #snapshots: HeldSnapshots;
  readonly #loads = new RunningLoads();
  readonly #handlers: DatabaseHandlers;

  constructor(options: DatabaseAccessOptions) {
    const access = new DatabaseAccess(options);
    this.#snapshots = new HeldSnapshots(options.log);
    this.#handlers = {
      ...dumpWork(access, this.#snapshots),
      ...restoreWork(access, this.#loads, options.policy),
    };
  }

  async run(call: CommandCall, { kind, requestJson }: DatabaseWork): Promise<DatabaseWorkResult> {
    if (!isDatabaseWorkKind(kind)) {
      throw new LifeboatError('PROTOCOL_VERSION', `this agent does not know the database work "${kind}"`, {
        guidance: 'Update lifeboat-agent on this node.',
      });
    }
    return { responseJson: JSON.stringify(await this.#perform(kind, requestJson, call)) };
  }

  async close(): Promise<void> {
    await this.#loads.close();
    await this.#snapshots.close();
  }

  #perform<Kind extends DatabaseWorkKind>(
    kind: Kind,
    json: string,
    call: CommandCall,
  ): Promise<DatabaseResponse<Kind>> {
    const handler: DatabaseHandlers[Kind] = this.#handlers[kind];
    return handler(parseDatabaseRequest(kind, json), call);
  }
}
