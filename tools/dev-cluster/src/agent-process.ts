import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunningProcess } from '@lifeboat/testkit';
import { stringify } from 'yaml';

import { startProgram } from './programs.ts';
import type { ServerProcess } from './server-process.ts';

export interface AgentPolicyFile {
  readonly roots: readonly string[];
  readonly mayRestore: boolean;
  readonly actions?: {
    readonly stop?: readonly string[];
    readonly start?: readonly string[];
    readonly health?: { readonly url: string; readonly timeoutSeconds: number };
  };
  readonly bandwidth?: { readonly limit: string };
  readonly priority?: 'low';
}

export interface JoinedAgent {
  readonly server: ServerProcess;
  readonly cluster: string;
  readonly node: string;
  readonly state: string;
  readonly policy: AgentPolicyFile;
}

/** A real `lifeboat-agent` process: joins with a fresh token, then runs. */
export class AgentProcess {
  readonly state: string;
  process: RunningProcess;

  private constructor(state: string, process: RunningProcess) {
    this.state = state;
    this.process = process;
  }

  static async join(options: JoinedAgent): Promise<AgentProcess> {
    const { server, cluster, node, state, policy } = options;
    const { token } = await server.json<{ token: string }>(
      'node',
      'token',
      '--cluster',
      cluster,
      '--node',
      node,
    );
    // By standard input: a token on a command line could be read by every account of the machine.
    const args = ['join', '--server', server.endpoints.http, '--token', '-', '--state', state];
    const joined = await startProgram('agent', args, { input: `${token}\n` }).done;
    if (joined.code !== 0) throw new Error(`join of ${node} failed: ${joined.stderr}`);
    await writeFile(path.join(state, 'agent.yaml'), stringify(policy));
    return new AgentProcess(state, AgentProcess.#run(state));
  }

  async stop(): Promise<void> {
    await this.process.end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.process.end('SIGKILL');
  }

  start(): void {
    this.process = AgentProcess.#run(this.state);
  }

  static #run(state: string): RunningProcess {
    return startProgram('agent', ['run', '--state', state]);
  }
}
