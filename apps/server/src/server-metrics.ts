import { Metrics } from '@lifeboat/runtime';
import type { PruneReport, RepairReport } from '@lifeboat/vault';

import type { AgentHub } from './agents/agent-hub.ts';

export interface ServerMetrics {
  readonly metrics: Metrics;
  pruned(report: PruneReport, at: Date): void;
  repaired(report: RepairReport, at: Date): void;
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
  const salvaged = metrics.counter(
    'repair_salvaged_chunks_total',
    'Chunks that repairs copied out of damaged packs',
  );
  const lost = metrics.gauge('repair_lost_chunks', 'Chunks that the last repair found nowhere');
  const hitSets = metrics.gauge('repair_hit_sets', 'Sets that lacked something after the last repair');
  const repairedAt = metrics.gauge('repair_ended_timestamp_seconds', 'When the last repair went to its end');
  return {
    metrics,
    pruned: ({ bytes }, at) => {
      freed.inc(bytes.freed);
      waiting.set(bytes.waiting);
      endedAt.set(at.getTime() / 1000);
    },
    repaired: ({ chunks, sets }, at) => {
      salvaged.inc(chunks.salvaged);
      lost.set(chunks.lost);
      hitSets.set(sets.filter(({ state }) => state === 'hit').length);
      repairedAt.set(at.getTime() / 1000);
    },
  };
}
