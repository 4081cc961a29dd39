import type { Catalog, ClusterRow } from '@lifeboat/catalog';
import { type AgentGateway, type DatabaseOperation, type DatabaseOperator } from '@lifeboat/coordination';
import { LifeboatError } from '@lifeboat/kernel';
import type { DatabaseDefinition } from '@lifeboat/model';
import type { Vault } from '@lifeboat/vault';

import { AgentDatabase } from './agent-database.ts';
import { RemotePin } from './remote-pin.ts';

export interface RemoteDatabaseOptions {
  readonly cluster: ClusterRow;
  /** `runOn` names a node. */
  readonly definition: DatabaseDefinition;
  readonly onBehalfOf: DatabaseOperation;
  readonly agents: AgentGateway;
  readonly catalog: Catalog;
  readonly vault: Vault;
  readonly newId: () => string;
}

/**
 * A database whose client programs run on the agent of a node (`runOn: <node>`), where its password lies too. Its
 * bytes go from there into the vault and back; only words pass through here.
 *
 * @throws NODE_OFFLINE when no agent has joined as that node
 */
export async function openRemoteDatabase(options: RemoteDatabaseOptions): Promise<DatabaseOperator> {
  const { definition, newId } = options;
  const database = await agentDatabase(options);
  const { kind, url, passwordFile } = definition;
  const target = { definition: { kind, url, ...(passwordFile === undefined ? {} : { passwordFile }) } };
  return {
    probe: () => database.ask('probe', target),
    pin: () => RemotePin.open(database, target.definition, newId),
    exists: async () => (await database.ask('exists', target)).exists,
    load: (dump, restore, expected) =>
      database.insist('load', { ...target, restore, root: dump.toString('hex'), expected }),
    fence: async () => void (await database.insist('fence', target)),
    unfence: async () => void (await database.insist('unfence', target)),
    switchTo: (restore) => database.insist('switch-to', { ...target, restore }),
    switchBack: async (restore) => void (await database.insist('switch-back', { ...target, restore })),
    discardStaged: async (restore) => void (await database.insist('discard-staged', { ...target, restore })),
    finalize: async (restore) => void (await database.insist('finalize', { ...target, restore })),
    close: async () => undefined,
  };
}

async function agentDatabase(options: RemoteDatabaseOptions): Promise<AgentDatabase> {
  const { cluster, definition, catalog, agents, vault, onBehalfOf } = options;
  const rows = await catalog.nodes.list(cluster.id);
  const node = rows.find((row) => row.name === definition.runOn && row.state === 'joined');
  if (node === undefined) {
    throw new LifeboatError('NODE_OFFLINE', `database.runOn: ${definition.runOn} has not joined`, {
      guidance: 'Make a token with lifeboat node token and join this node, or set runOn: server.',
    });
  }
  return new AgentDatabase({ cluster: cluster.id, node: node.id, agents, vault, onBehalfOf });
}
