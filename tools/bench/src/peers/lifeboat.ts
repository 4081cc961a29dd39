import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AgentProcess, ServerProcess } from '@lifeboat/dev-cluster';
import { waitUntil } from '@lifeboat/testkit';
import { stringify } from 'yaml';

import type { Contender, Measured } from '../contender.ts';
import { directorySize } from '../directory-size.ts';
import { cpuSeconds, peakResident } from '../process-figures.ts';

interface SetAnswer {
  readonly set: string;
  readonly state: string;
  readonly bytes: { readonly wire: number };
}

interface SetTimes {
  readonly requestedAt: string;
  readonly provedAt: string | null;
}

export type Until = 'sealed' | 'proved';

/** Server and agent as separate processes, mutual TLS, encrypted, embedded catalog: as an operator runs them. */
export async function openLifeboat(
  corpus: readonly string[],
  dir: string,
  until: Until = 'sealed',
): Promise<Contender> {
  let running: { server: ServerProcess; agent: AgentProcess } | undefined;
  const close = async (): Promise<void> => {
    await running?.agent.stop();
    await running?.server.stop();
    running = undefined;
    await rm(dir, { recursive: true, force: true });
  };
  const measure = async (): Promise<Measured> => {
    const { server, agent } = running!;
    const cpuBefore = await cpu(server, agent);
    const startedAt = performance.now();
    const set = await server.json<SetAnswer>('backup', 'run', '--cluster', 'bench', '--wait');
    const sealedMillis = performance.now() - startedAt;
    if (set.state !== 'sealed' && set.state !== 'proved') throw new Error(`the set ended ${set.state}`);
    const millis = until === 'sealed' ? sealedMillis : await provedMillis(server, set.set);
    const cpuAfter = await cpu(server, agent);
    return {
      millis,
      cpu: { agent: cpuAfter.agent - cpuBefore.agent, server: cpuAfter.server - cpuBefore.server },
      resident: {
        agent: await peakResident(agent.process.pid),
        server: await peakResident(server.process.pid),
      },
      stored: await directorySize(path.join(server.data, 'vault')),
      wire: set.bytes.wire,
    };
  };
  return {
    name: 'lifeboat',
    version: '0.1.0',
    backup: async () => {
      await close();
      await mkdir(dir, { recursive: true, mode: 0o755 });
      const server = await ServerProcess.start(path.join(dir, 'server'));
      const definition = { cluster: 'bench', nodes: { 'node-1': {} }, sources: corpus.map(toSource) };
      await writeFile(path.join(dir, 'cluster.yaml'), stringify(definition));
      await server.json('cluster', 'apply', '-f', path.join(dir, 'cluster.yaml'));
      const policy = { roots: corpus, mayRestore: false };
      const state = path.join(dir, 'agent');
      const agent = await AgentProcess.join({ server, cluster: 'bench', node: 'node-1', state, policy });
      await server.waitForNodes('bench', 1);
      running = { server, agent };
      return measure();
    },
    incremental: measure,
    close,
  };
}

/** From request to proof by the server's own stamps: asking all the time would cost some of what is measured. */
async function provedMillis(server: ServerProcess, set: string): Promise<number> {
  const ask = async () => {
    const { requestedAt, provedAt } = await server.json<SetTimes>('set', 'show', set);
    return provedAt === null ? undefined : Date.parse(provedAt) - Date.parse(requestedAt);
  };
  return waitUntil(`the proof of set ${set}`, ask, { seconds: 600, everyMs: 2000 });
}

async function cpu(server: ServerProcess, agent: AgentProcess): Promise<{ agent: number; server: number }> {
  return { agent: await cpuSeconds(agent.process.pid), server: await cpuSeconds(server.process.pid) };
}

function toSource(directory: string) {
  return { kind: 'path', node: 'node-1', path: directory };
}
