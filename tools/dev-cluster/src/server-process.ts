import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { waitUntil, type RunningProcess } from '@lifeboat/testkit';

import { startProgram } from './programs.ts';
import { runCli, type CliResult } from './run-cli.ts';

interface Endpoints {
  readonly grpc: string;
  readonly http: string;
  readonly ca: string;
  readonly pid: number;
}

/** A real `lifeboat-server` process on free loopback ports, with its data below one directory. */
export class ServerProcess {
  readonly data: string;
  readonly process: RunningProcess;
  readonly endpoints: Endpoints;
  readonly token: string;

  private constructor(data: string, process: RunningProcess, endpoints: Endpoints, token: string) {
    this.data = data;
    this.process = process;
    this.endpoints = endpoints;
    this.token = token;
  }

  /** Resolves when the server has written where it listens. Ports of an earlier run may be given again. */
  static async start(
    data: string,
    options: {
      args?: readonly string[];
      env?: Record<string, string>;
      ports?: { grpc: number; http: number };
    } = {},
  ): Promise<ServerProcess> {
    const { args = [], env = {}, ports = { grpc: 0, http: 0 } } = options;
    const file = path.join(data, 'endpoints.json');
    await rm(file, { force: true });
    const fixed = [
      '--data',
      data,
      '--host',
      '127.0.0.1',
      '--grpc-port',
      `${ports.grpc}`,
      '--http-port',
      `${ports.http}`,
    ];
    const process = startProgram('server', [...fixed, ...args], { env });
    const failed = process.done.then(({ code, stderr }) => {
      throw new Error(`lifeboat-server ended with ${code}:\n${stderr.slice(-4000)}`);
    });
    failed.catch(() => undefined);
    await Promise.race([process.waitForFile(file, 60), failed]).catch(async (error: unknown) => {
      await process.end('SIGKILL');
      throw error;
    });
    const endpoints = JSON.parse(await readFile(file, 'utf8')) as Endpoints;
    const token = (await readFile(path.join(data, 'admin-token'), 'utf8')).trim();
    return new ServerProcess(data, process, endpoints, token);
  }

  get ports(): { grpc: number; http: number } {
    const { grpc, http } = this.endpoints;
    return { grpc: Number(grpc.split(':').at(-1)), http: Number(new URL(http).port) };
  }

  /** The environment with which the operator's command reaches this server. */
  get operatorEnvironment(): Record<string, string> {
    return { LIFEBOAT_URL: this.endpoints.http, LIFEBOAT_TOKEN: this.token, LIFEBOAT_CA: this.endpoints.ca };
  }

  cli(...args: string[]): Promise<CliResult> {
    return runCli(args, this.operatorEnvironment);
  }

  /** Runs a command with `--json` and answers with what it printed; a failure of the command throws. */
  async json<Answer>(...args: string[]): Promise<Answer> {
    const { code, stdout, stderr } = await this.cli(...args, '--json');
    if (code !== 0 && code !== 3)
      throw new Error(`lifeboat ${args.join(' ')} exited with ${code}: ${stderr}${stdout}`);
    return JSON.parse(stdout) as Answer;
  }

  /** Until every named node of the cluster is connected. */
  async waitForNodes(cluster: string, nodes: number, seconds = 60): Promise<void> {
    const online = async () => {
      const rows = await this.json<{ online: boolean }[]>('node', 'list', '--cluster', cluster);
      return rows.filter((row) => row.online).length >= nodes;
    };
    await waitUntil(`${nodes} nodes of ${cluster} to connect`, online, { seconds, everyMs: 250 });
  }

  async stop(): Promise<void> {
    await this.process.end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.process.end('SIGKILL');
  }
}
