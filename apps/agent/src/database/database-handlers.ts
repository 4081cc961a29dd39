import type { DatabaseRequest, DatabaseResponse, DatabaseWorkKind } from '@lifeboat/database/work';

import type { CommandCall } from '../commands/command-context.ts';

/** What is done for each kind of database work. */
export type DatabaseHandlers<Kinds extends DatabaseWorkKind = DatabaseWorkKind> = {
  readonly [Kind in Kinds]: (
    request: DatabaseRequest<Kind>,
    call: CommandCall,
  ) => Promise<DatabaseResponse<Kind>>;
};
