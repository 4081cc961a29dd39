import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AgentProcess, ServerProcess, type AgentPolicyFile } from '@lifeboat/dev-cluster';
import { waitUntil } from '@lifeboat/testkit';
import { stringify } from 'yaml';

export interface TakenSet {
  readonly set: string;
  readonly state: string;
  readonly guarantee: string | null;
  readonly bytes: { readonly read: number; readonly changed: number; readonly wire: number };
  readonly failure?: Failure;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly guidance?: string;
}

export interface DoneRestore {
  readonly restore: string;
  readonly state: string;
  readonly failure?: Failure;
}

export interface TreeStatement {
  readonly entries: number;
  readonly bytes: number;
  readonly changedWhileRead: readonly string[];
  readonly notKept: readonly { readonly path: string; readonly reason: string }[];
}

interface PathClusterOptions {
  readonly dir: string;
  /** The one `path` source; `dir/tree` unless said otherwise. */
  readonly tree?: string;
  readonly name?: string;
  /** What the agent's policy says beside its roots. */
  readonly policy?: Partial<AgentPolicyFile>;
}

const NODE = 'node-1';

/** The smallest cluster there is: one node, one directory tree, no portal and no database. */
export class PathCluster {
  server: ServerProcess;
  readonly agent: AgentProcess;
  readonly name: string;
  readonly tree: string;

  private constructor(server: ServerProcess, agent: AgentProcess, name: string, tree: string) {
    this.server = server;
    this.agent = agent;
    this.name = name;
    this.tree = tree;
  }

  static async join(server: ServerProcess, options: PathClusterOptions): Promise<PathCluster> {
    const { dir, tree = path.join(dir, 'tree'), name = 'paths', policy: more } = options;
    await mkdir(dir, { recursive: true });
    const file = path.join(dir, 'cluster.yaml');
    const sources = [{ kind: 'path', node: NODE, path: tree }];
    await writeFile(file, stringify({ cluster: name, nodes: { [NODE]: {} }, sources }));
    await server.json('cluster', 'apply', '-f', file);
    const policy = { roots: [tree], mayRestore: true, ...more };
    const state = path.join(dir, 'agent');
    const agent = await AgentProcess.join({ server, cluster: name, node: NODE, state, policy });
    await server.waitForNodes(name, 1);
    return new PathCluster(server, agent, name, tree);
  }

  /** Takes a set, sealed or not. */
  async take(): Promise<TakenSet> {
    const { stdout, stderr } = await this.server.cli(
      'backup',
      'run',
      '--cluster',
      this.name,
      '--wait',
      '--json',
    );
    if (stdout === '') throw new Error(`backup run said nothing: ${stderr}`);
    return JSON.parse(stdout) as TakenSet;
  }

  async seal(): Promise<TakenSet> {
    const set = await this.take();
    if (set.state !== 'sealed' && set.state !== 'proved') {
      throw new Error(`set ${set.set} is ${set.state}: ${JSON.stringify(set.failure)}`);
    }
    return set;
  }

  /** The set's bytes were read back, and nobody reads them any more: only now may a test harm them. */
  async proved(set: string): Promise<void> {
    await waitUntil(`the proof of set ${set}`, async () => {
      const { state } = await this.server.json<{ state: string }>('set', 'show', set);
      return state === 'proved';
    });
  }

  async statement(set: string): Promise<TreeStatement> {
    const { nodes } = await this.server.json<{ nodes: { trees: TreeStatement[] }[] }>(
      'set',
      'statement',
      set,
    );
    const tree = nodes[0]?.trees[0];
    if (tree === undefined) throw new Error(`set ${set} has no tree`);
    return tree;
  }

  async plan(set: string): Promise<string> {
    return (await this.server.json<{ plan: string }>('restore', 'plan', '--set', set)).plan;
  }

  /** Runs the plan to its end, whichever that is. */
  async run(plan: string): Promise<DoneRestore & { readonly exit: number | null }> {
    const { code, stdout, stderr } = await this.server.cli('restore', 'run', plan, '--wait', '--json');
    if (stdout === '') throw new Error(`restore run said nothing: ${stderr}`);
    return { ...(JSON.parse(stdout) as DoneRestore), exit: code };
  }

  async restore(set: string): Promise<DoneRestore> {
    const done = await this.run(await this.plan(set));
    if (done.state !== 'completed') throw new Error(`not completed: ${JSON.stringify(done)}`);
    return done;
  }

  async stop(): Promise<void> {
    await this.agent.stop();
  }
}

/** A server killed or stopped comes back where its agents look for it. */
export async function startAgain(server: ServerProcess): Promise<ServerProcess> {
  return ServerProcess.start(server.data, { ports: server.ports });
}

export function vaultOf(server: ServerProcess): string {
  return path.join(server.data, 'vault');
}

/** `lifeboat vault check --read-data`: its findings and its exit code. */
export async function checkVault(server: ServerProcess): Promise<{
  readonly exit: number | null;
  readonly packs: number;
  readonly sets: number;
  readonly findings: readonly { readonly kind: string; readonly subject: string; readonly message: string }[];
}> {
  const { code, stdout, stderr } = await server.cli('vault', 'check', '--read-data', '--json');
  if (stdout === '') throw new Error(`vault check said nothing: ${stderr}`);
  return { exit: code, ...JSON.parse(stdout) };
}

/** What cannot be tried on this machine is skipped under a name that says why. */
export const isRoot = process.getuid?.() === 0;
