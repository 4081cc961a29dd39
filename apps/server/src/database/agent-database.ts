import { expectOutcome, type AgentGateway, type DatabaseOperation } from '@lifeboat/coordination';
import {
  parseDatabaseResponse,
  readRowLines,
  rootOf,
  type DatabaseRequest,
  type DatabaseResponse,
  type DatabaseWorkKind,
  type RowLine,
} from '@lifeboat/database/work';
import type { ClusterId, NodeId } from '@lifeboat/kernel';
import type { Vault } from '@lifeboat/vault';

import { readCapturedStream } from './read-captured-stream.ts';

/** Dumps and loads take hours; this only bounds an agent that is lost in its work. */
const DEADLINE_SECONDS = 24 * 3600;

export interface AgentDatabaseOptions {
  readonly cluster: ClusterId;
  readonly node: NodeId;
  readonly agents: AgentGateway;
  readonly vault: Vault;
  readonly onBehalfOf: DatabaseOperation;
}

/** Questions to the agent that works with a database, and the rows with which it answers. */
export class AgentDatabase {
  readonly #options: AgentDatabaseOptions;

  constructor(options: AgentDatabaseOptions) {
    this.#options = options;
  }

  /** Waited for until the operation is cancelled. */
  ask<Kind extends DatabaseWorkKind>(
    kind: Kind,
    request: DatabaseRequest<Kind>,
  ): Promise<DatabaseResponse<Kind>> {
    return this.#request(kind, request, this.#options.onBehalfOf.signal);
  }

  /** Must be done although the operation itself was cancelled. */
  insist<Kind extends DatabaseWorkKind>(
    kind: Kind,
    request: DatabaseRequest<Kind>,
  ): Promise<DatabaseResponse<Kind>> {
    return this.#request(kind, request, undefined);
  }

  async *rows(root: string): AsyncGenerator<RowLine> {
    const { vault, cluster } = this.#options;
    yield* readRowLines(await readCapturedStream(vault, cluster, rootOf(root)));
  }

  async #request<Kind extends DatabaseWorkKind>(
    kind: Kind,
    request: DatabaseRequest<Kind>,
    signal: AbortSignal | undefined,
  ): Promise<DatabaseResponse<Kind>> {
    const { agents, node, onBehalfOf } = this.#options;
    const outcome = await agents.request({
      node,
      operation: onBehalfOf.operation,
      epoch: onBehalfOf.epoch(),
      work: { $case: 'databaseWork', value: { kind, requestJson: JSON.stringify(request) } },
      deadlineSeconds: DEADLINE_SECONDS,
      signal,
    });
    return parseDatabaseResponse(kind, expectOutcome(outcome, 'databaseWork').value.responseJson);
  }
}
