import { access, constants } from 'node:fs/promises';
import { native } from '@lifeboat/file-tree';
import { messageOf } from '@lifeboat/kernel';
import { loadAgentPolicy } from '@lifeboat/restore/agent';
import type { RateSchedule } from '@lifeboat/runtime';

import { AgentState } from '../agent-state.ts';
import { readNamedPlaces } from '../node/named-places.ts';
import { diagnosePortal, portalText, type PortalDiagnosis } from './portal-diagnosis.ts';

/** One thing that the doctor looked at. */
export interface Examination {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface Diagnosis {
  /** Whether every examination was. */
  readonly ok: boolean;
  readonly examinations: readonly Examination[];
  /** Null where no portal was found. */
  readonly portal: PortalDiagnosis | null;
}

/** Looks at everything an agent depends on and says what it found, from which file and line; changes nothing. */
export async function examine(directory: string): Promise<Diagnosis> {
  const state = new AgentState(directory);
  const results: Examination[] = [];
  let portal: PortalDiagnosis | null = null;
  const look = async (what: string, work: () => string | Promise<string>): Promise<void> => {
    try {
      results.push({ what, ok: true, detail: await work() });
    } catch (error) {
      results.push({ what, ok: false, detail: messageOf(error) });
    }
  };
  await look('identity', async () => {
    const { node, cluster, grpc } = await state.readIdentity();
    return `node ${node} of cluster ${cluster}, server ${grpc}`;
  });
  await look('policy', async () => {
    const { roots, mayRestore, bandwidth, priority } = await loadAgentPolicy(state.policyFile);
    for (const root of roots) await access(root, constants.R_OK);
    const facts = [`roots ${roots.join(', ')}`, mayRestore ? 'may restore' : 'may not restore'];
    if (bandwidth !== undefined) facts.push(bandwidthText(bandwidth));
    if (priority === 'low') facts.push('others go first at processor and disk');
    return facts.join('; ');
  });
  await look('metadata', () => {
    if (!native.available)
      throw new Error('node:ffi is not available: extended attributes and ACLs are not kept');
    return 'nanosecond times, extended attributes and ACLs are kept';
  });
  await look('Liferay', async () => {
    const policy = await loadAgentPolicy(state.policyFile);
    portal = await diagnosePortal(policy, await readNamedPlaces(state.directory));
    return portalText(portal);
  });
  return { ok: results.every(({ ok }) => ok), examinations: results, portal };
}

/** The same for people. */
export function diagnosisText({ examinations }: Diagnosis): string {
  return examinations
    .map(
      ({ what, ok, detail }) =>
        `${ok ? 'ok      ' : 'PROBLEM '} ${what}\n${detail.replace(/^/gm, '         ')}\n`,
    )
    .join('');
}

function bandwidthText({ limit, windows }: RateSchedule): string {
  const parts = windows.map(({ from, to, limit }) => `${timeText(from)}-${timeText(to)} ${rateText(limit)}`);
  return `sends ${[...parts, `${parts.length === 0 ? '' : 'else '}${rateText(limit)}`].join(', ')}`;
}

function timeText(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

function rateText(limit: number): string {
  return limit === Infinity ? 'without a limit' : `at most ${(limit / 2 ** 20).toFixed(1)} MiB/s`;
}
