import { Metrics } from '@lifeboat/runtime';
import type { PruneReport, RepairReport } from '@lifeboat/vault';

import type { AgentHub } from './agents/agent-hub.ts';
import type { ProofGauges } from './operations/proof-renewals.ts';
import type { RetentionGauges } from './operations/retention-operations.ts';
import type { ScheduleGauges } from './operations/schedule-operations.ts';
import type { ReplicaMetrics } from './operations/replica-operations.ts';

export interface ServerMetrics {
  readonly metrics: Metrics;
  /** The key epoch in which is sealed from now on. */
  keyEpoch(epoch: number): void;
  pruned(report: PruneReport, at: Date): void;
  readonly proofs: ProofGauges;
  repaired(report: RepairReport, at: Date): void;
  readonly replicated: ReplicaMetrics;
  readonly kept: RetentionGauges & ScheduleGauges;
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
  const salvaged = metrics.counter(
    'repair_salvaged_chunks_total',
    'Chunks that repairs copied out of damaged packs',
  );
  const lost = metrics.gauge('repair_lost_chunks', 'Chunks that the last repair found nowhere');
  const hitSets = metrics.gauge('repair_hit_sets', 'Sets that lacked something after the last repair');
  const repairedAt = metrics.gauge('repair_ended_timestamp_seconds', 'When the last repair went to its end');
  const copied = metrics.counter('replica_copied_bytes_total', 'Bytes copied to the replica and read back');
  const behind = {
    packs: metrics.gauge('replica_behind_packs', 'Closed packs that the replica does not hold yet'),
    bytes: metrics.gauge('replica_behind_bytes', 'Bytes of those'),
    sets: metrics.gauge('replica_behind_sets', 'Sealed sets that the replica does not hold yet'),
  };
  const passedAt = metrics.gauge('replica_passed_timestamp_seconds', 'When the replica was last looked over');
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
    kept: keptMetrics(metrics),
    replicated: {
      copied: (bytes) => copied.inc(bytes),
      lag: ({ packs, bytes, sets }, at) => {
        behind.packs.set(packs);
        behind.bytes.set(bytes);
        behind.sets.set(sets);
        passedAt.set(at.getTime() / 1000);
      },
    },
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

/** What schedules and retention tell of each cluster. */
function keptMetrics(metrics: Metrics): RetentionGauges & ScheduleGauges {
  const of = ['cluster'] as const;
  const lastGood = metrics.gauge(
    'last_good_set_timestamp_seconds',
    'When the newest consistent set was asked for; 0: there is none',
    of,
  );
  const waiting = metrics.gauge(
    'dropped_sets',
    'Sets that a policy has let go of and that are not deleted yet',
    of,
  );
  const held = metrics.gauge(
    'retention_held',
    '1 while a policy would let go of many sets and waits for a word',
    of,
  );
  const deleted = metrics.counter('retention_deleted_sets_total', 'Sets that policies deleted', of);
  const nextRun = metrics.gauge(
    'schedule_next_run_timestamp_seconds',
    'When the next set begins; in the past: it is due and could not begin',
    of,
  );
  const missed = metrics.counter('schedule_missed_runs_total', 'Runs that were not begun in time', of);
  return {
    lastGood: (cluster, at) => lastGood.set({ cluster }, (at?.getTime() ?? 0) / 1000),
    dropped: (cluster, sets, isHeld) => {
      waiting.set({ cluster }, sets);
      held.set({ cluster }, isHeld ? 1 : 0);
    },
    deleted: (cluster) => deleted.inc({ cluster }),
    nextRun: (cluster, at) => {
      if (at === undefined) nextRun.remove({ cluster });
      else nextRun.set({ cluster }, at.getTime() / 1000);
    },
    missed: (cluster, runs) => missed.inc({ cluster }, runs),
  };
}
