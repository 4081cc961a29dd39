import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AgentProcess, ServerProcess } from '@lifeboat/dev-cluster';
import { waitUntil } from '@lifeboat/testkit';
import { stringify } from 'yaml';

import type { Contender, Measured, Restored } from '../contender.ts';
import type { Survey } from '../corpus/survey.ts';
import { directorySize } from '../machine/directory-size.ts';
import { Meter } from '../machine/meter.ts';
import { WrongResult } from '../wrong-result.ts';
import { assertSealedWhole, type TakenSet } from './assert-sealed-whole.ts';

export type Until = 'sealed' | 'proved';

const CLUSTER = 'bench';
const PROOF = { seconds: 1800, everyMs: 1000 };

/** Server and agent as separate processes, mutual TLS, encrypted, embedded catalog: as an operator runs them. */
export function openLifeboat(dir: string, until: Until): Contender {
  return new Lifeboat(dir, until);
}

class Lifeboat implements Contender {
  readonly name = 'lifeboat';
  readonly version = '0.1.0';
  readonly #dir: string;
  readonly #until: Until;
  #trees: readonly string[] = [];
  #server: ServerProcess | undefined;
  #agents: AgentProcess[] = [];
  #lastSet = '';

  constructor(dir: string, until: Until) {
    this.#dir = dir;
    this.#until = until;
  }

  async begin(trees: readonly string[]): Promise<void> {
    await this.close();
    await mkdir(this.#dir, { recursive: true, mode: 0o755 });
    this.#trees = trees;
    this.#server = await ServerProcess.start(path.join(this.#dir, 'server'));
    await this.addNode();
  }

  async addNode(): Promise<void> {
    const nodes = Array.from({ length: this.#agents.length + 1 }, (_, index) => `node-${index + 1}`);
    const definition = {
      cluster: CLUSTER,
      nodes: Object.fromEntries(nodes.map((node) => [node, {}])),
      sources: nodes.flatMap((node) => this.#trees.map((tree) => ({ kind: 'path', node, path: tree }))),
    };
    const file = path.join(this.#dir, 'cluster.yaml');
    await writeFile(file, stringify(definition));
    const server = this.#running;
    await server.json('cluster', 'apply', '-f', file);
    const node = nodes.at(-1)!;
    const state = path.join(this.#dir, node);
    const policy = { roots: this.#trees, mayRestore: true };
    this.#agents.push(await AgentProcess.join({ server, cluster: CLUSTER, node, state, policy }));
    await server.waitForNodes(CLUSTER, nodes.length);
  }

  async backup(expected: readonly Survey[]): Promise<Measured> {
    const meter = this.#meter();
    const startedAt = performance.now();
    const set = await this.#running.json<TakenSet>('backup', 'run', '--cluster', CLUSTER, '--wait');
    const sealedMillis = performance.now() - startedAt;
    const millis = this.#until === 'sealed' ? sealedMillis : await this.#provedMillis(set.set);
    const { cpu, resident } = meter.stop();
    await assertSealedWhole(this.#running, set, { trees: this.#trees, nodes: this.#agents.length }, expected);
    this.#lastSet = set.set;
    return { millis, cpu, resident, wire: set.bytes!.wire, stored: await this.#stored() };
  }

  async settle(): Promise<void> {
    await this.#provedMillis(this.#lastSet);
  }

  async restore(): Promise<Restored> {
    const server = this.#running;
    const meter = this.#meter();
    const startedAt = performance.now();
    const plan = await server.json<{ plan: string; slices: { bytesToFetch: number }[] }>(
      ...['restore', 'plan', '--set', this.#lastSet],
    );
    const plannedMillis = performance.now() - startedAt;
    const done = await server.json<{ restore: string; state: string; failure?: unknown }>(
      ...['restore', 'run', plan.plan, '--wait'],
    );
    const millis = performance.now() - startedAt;
    const { cpu, resident, moved } = meter.stop();
    if (done.state !== 'completed')
      throw new WrongResult(this.name, `the restore ended ${done.state}: ${JSON.stringify(done.failure)}`);
    // The operator is content: only now does what was set aside go.
    await server.json('restore', 'finalize', done.restore);
    const figures = {
      planMillis: plannedMillis,
      bytesToFetch: plan.slices.reduce((sum, { bytesToFetch }) => sum + bytesToFetch, 0),
    };
    return {
      measured: { millis, cpu, resident, wire: moved.server!.written, figures },
      trees: this.#trees,
    };
  }

  #stored(): Promise<number> {
    return directorySize(path.join(this.#running.data, 'vault'));
  }

  async close(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stop()));
    await this.#server?.stop();
    this.#agents = [];
    this.#server = undefined;
    await rm(this.#dir, { recursive: true, force: true });
  }

  get #running(): ServerProcess {
    if (this.#server === undefined) throw new Error('begin() comes first');
    return this.#server;
  }

  #meter(): Meter {
    const server = this.#running.process.pid;
    const agents = this.#agents.map(({ process }, index) => [
      index === 0 ? 'agent' : `agent-${index + 1}`,
      { pid: process.pid },
    ]);
    return new Meter({
      ...Object.fromEntries(agents),
      server: { pid: server },
      postgresql: { pid: server, below: true },
    });
  }

  /** From request to proof by the server's own stamps: asking all the time would cost some of what is measured. */
  async #provedMillis(set: string): Promise<number> {
    const ask = async () => {
      const { requestedAt, provedAt } = await this.#running.json<SetTimes>('set', 'show', set);
      return provedAt === null ? undefined : Date.parse(provedAt) - Date.parse(requestedAt);
    };
    return waitUntil(`the proof of set ${set}`, ask, PROOF);
  }
}

interface SetTimes {
  readonly requestedAt: string;
  readonly provedAt: string | null;
}
