import { Metrics } from '@lifeboat/runtime';
import type { PruneReport } from '@lifeboat/vault';

import type { AgentHub } from './agents/agent-hub.ts';

export interface ServerMetrics {
  readonly metrics: Metrics;
  /** The key epoch in which is sealed from now on. */
  keyEpoch(epoch: number): void;
  pruned(report: PruneReport, at: Date): void;
}

export function serverMetrics(hub: AgentHub): ServerMetrics {
  const metrics = new Metrics({ processMetrics: true });
  const connected = metrics.gauge('connected_agents', 'Agents with a session now');
  hub.onChange((count) => connected.set(count));
  const freed = metrics.counter('pruned_bytes_total', 'Bytes of packs that prunes deleted');
  const waiting = metrics.gauge(
    'prune_waiting_bytes',
    'Bytes that no set needs and whose grace has not passed',
  );
  const endedAt = metrics.gauge('prune_ended_timestamp_seconds', 'When the last prune went to its end');
  const keyEpoch = metrics.gauge('key_epoch', 'The key epoch of the vault; 1 until keys are rotated');
  return {
    metrics,
    keyEpoch: (epoch) => keyEpoch.set(epoch),
    pruned: ({ bytes }, at) => {
      freed.inc(bytes.freed);
      waiting.set(bytes.waiting);
      endedAt.set(at.getTime() / 1000);
    },
  };
}
