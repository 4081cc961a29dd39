import { handleUpload } from '@lifeboat/capture/server';
import { LifeboatError, type Log } from '@lifeboat/kernel';
import { handleDownload } from '@lifeboat/restore/server';
import type { AgentHandlers } from '@lifeboat/rpc';
import type { Vault } from '@lifeboat/vault';

import type { RestoreOperations } from '../operations/restore-operations.ts';
import type { AgentHub, AgentPeer } from './agent-hub.ts';

export interface AgentHandlerOptions {
  readonly hub: AgentHub;
  readonly vault: Vault;
  readonly restores: RestoreOperations;
  readonly log: Log;
}

/** What happens on each kind of call that an agent makes. */
export function agentHandlers({ hub, vault, restores, log }: AgentHandlerOptions): AgentHandlers<AgentPeer> {
  return {
    session: (call, peer) => hub.whileTrusted(peer.node.id, () => hub.serve(call, peer)),
    upload: async (call, { cluster, node }) => {
      const context = { cluster: cluster.id, node: node.id, vault, log };
      const totals = await hub.whileTrusted(node.id, () => handleUpload(call, context));
      log.debug({ node: node.name, ...totals }, 'upload ended');
    },
    download: (call, peer) => {
      const { cluster, node } = peer;
      const authorise = async (operation: string): Promise<void> => {
        if (await restores.mayDownload(cluster.id, node.name, operation)) return;
        throw new LifeboatError('NOT_AUTHORISED', 'this node takes part in no such restore');
      };
      const context = { cluster: cluster.id, node: node.id, vault, authorise, log };
      return hub.whileTrusted(node.id, () => handleDownload(call, context));
    },
  };
}
