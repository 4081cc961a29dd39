import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runProcess, type DatabaseServer, type TempDir } from '@lifeboat/testkit';
import { stringify } from 'yaml';

import { AgentProcess, type ServerProcess } from '../src/index.ts';

/** Applies a cluster that protects plain directories only: the name of each node, and what of it is kept. */
export async function applyDirectories(
  server: ServerProcess,
  dir: TempDir,
  cluster: string,
  directories: Readonly<Record<string, string>>,
): Promise<void> {
  const definition = {
    cluster,
    nodes: Object.fromEntries(Object.keys(directories).map((node) => [node, {}])),
    sources: Object.entries(directories).map(([node, directory]) => ({
      kind: 'path',
      node,
      path: directory,
    })),
  };
  await Promise.all(Object.values(directories).map((directory) => mkdir(directory, { recursive: true })));
  const file = dir.join(`${cluster}.yaml`);
  await writeFile(file, stringify(definition));
  await server.json('cluster', 'apply', '-f', file);
}

/** Lets the node's agent join and run; it may read this directory and nothing else. */
export function joinAgent(
  server: ServerProcess,
  dir: TempDir,
  cluster: string,
  node: string,
  root: string,
): Promise<AgentProcess> {
  const state = dir.join(`state-${cluster}-${node}`);
  return AgentProcess.join({ server, cluster, node, state, policy: { roots: [root], mayRestore: false } });
}

/** A database of its own on this server, as a URL for `LIFEBOAT_DATABASE_URL`. */
export async function createDatabase(server: DatabaseServer, name: string): Promise<string> {
  await query(server, 'postgres', `create database ${name}`);
  return `postgres://${server.user}:${server.password}@${server.host}:${server.port}/${name}`;
}

/** What psql prints for one statement, unaligned; a failing one throws. */
export async function query(server: DatabaseServer, database: string, statement: string): Promise<string> {
  const where = ['-h', server.host, '-p', `${server.port}`, '-U', server.user, '-d', database];
  const args = [...where, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', statement];
  const { code, stdout, stderr } = await runProcess('psql', args, { env: { PGPASSWORD: server.password } });
  if (code !== 0) throw new Error(`${statement}: ${stderr}`);
  return stdout.trim();
}

export interface SetAnswer {
  readonly set: string;
  readonly state: string;
  readonly guarantee: string | null;
  readonly bytes: { readonly read: number; readonly changed: number; readonly wire: number };
  readonly failure?: { readonly code: string; readonly message: string; readonly guidance?: string };
}

export function stateFile(agent: AgentProcess, name: string): string {
  return path.join(agent.state, name);
}
