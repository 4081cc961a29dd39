import { Metrics } from '@lifeboat/runtime';
import type { PruneReport } from '@lifeboat/vault';

import type { AgentHub } from './agents/agent-hub.ts';
import type { ProofGauges } from './operations/proof-renewals.ts';

export interface ServerMetrics {
  readonly metrics: Metrics;
  /** The key epoch in which is sealed from now on. */
  keyEpoch(epoch: number): void;
  pruned(report: PruneReport, at: Date): void;
  readonly proofs: ProofGauges;
}

export function serverMetrics(hub: AgentHub): ServerMetrics {
  const metrics = new Metrics({ processMetrics: true });
  const connected = metrics.gauge('connected_agents', 'Agents with a session now');
  hub.onChange((count) => connected.set(count));
  const waited = metrics.counter(
    'agent_bandwidth_waited_bytes_total',
    'Bytes that had to wait for the limit in the policy of an agent',
    ['cluster', 'node'],
  );
  hub.onWaited(({ cluster, node }, bytes) => waited.inc({ cluster: cluster.name, node: node.name }, bytes));
  const freed = metrics.counter('pruned_bytes_total', 'Bytes of packs that prunes deleted');
  const waiting = metrics.gauge(
    'prune_waiting_bytes',
    'Bytes that no set needs and whose grace has not passed',
  );
  const endedAt = metrics.gauge('prune_ended_timestamp_seconds', 'When the last prune went to its end');
  const reread = metrics.counter(
    'renewed_proofs_bytes_total',
    'Bytes of packs whose old proof was made again',
  );
  const unproved = metrics.gauge('unproved_packs', 'Closed packs without a proof');
  const oldest = metrics.gauge('oldest_proof_timestamp_seconds', 'When the oldest proof of a pack was made');
  const keyEpoch = metrics.gauge('key_epoch', 'The key epoch of the vault; 1 until keys are rotated');
  return {
    metrics,
    proofs: {
      renewed: ({ bytes }) => reread.inc(bytes),
      measured: (proofs) => {
        unproved.set(proofs.unproved);
        if (proofs.oldestProof !== null) oldest.set(proofs.oldestProof.getTime() / 1000);
      },
    },
    keyEpoch: (epoch) => keyEpoch.set(epoch),
    pruned: ({ bytes }, at) => {
      freed.inc(bytes.freed);
      waiting.set(bytes.waiting);
      endedAt.set(at.getTime() / 1000);
    },
  };
}
