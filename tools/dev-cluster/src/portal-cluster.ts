import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  makePortal,
  startNode,
  stopNode,
  defaultPidFile,
  type DatabaseKind,
  type Portal,
  type StoreKind,
} from '@lifeboat/portal-simulator';
import { freePort, type DatabaseServer } from '@lifeboat/testkit';
import { stringify } from 'yaml';

import { AgentProcess } from './agent-process.ts';
import { programArguments } from './programs.ts';
import type { ServerProcess } from './server-process.ts';

export interface PortalClusterOptions {
  readonly name: string;
  readonly dir: string;
  readonly kind: DatabaseKind;
  readonly database: DatabaseServer;
  readonly nodes: number;
  readonly documents: number;
  readonly store: 'home' | 'shared';
  /** `file-system` unless said otherwise. */
  readonly storeKind?: StoreKind;
  /** `server` unless said otherwise. */
  readonly runOn?: string;
}

/** A simulated DXP cluster under Lifeboat's care: portal nodes, their agents, and its entry in the catalog. */
export class PortalCluster {
  readonly name: string;
  readonly portal: Portal;
  readonly agents: AgentProcess[] = [];

  private constructor(name: string, portal: Portal) {
    this.name = name;
    this.portal = portal;
  }

  /** Makes homes, store, tables and cluster.yaml; starts the portal nodes. */
  static async make(options: PortalClusterOptions): Promise<PortalCluster> {
    const { name, dir, kind, database, nodes, documents, store } = options;
    await mkdir(dir, { recursive: true });
    const ports: number[] = [];
    for (let node = 0; node < nodes; node += 1) ports.push(await freePort());
    const { host, port, user, password } = database;
    const portal = await makePortal({
      dir: path.join(dir, 'portal'),
      database: { kind, host, port, user, password, database: name.replaceAll('-', '_') },
      nodes,
      documents,
      store,
      storeKind: options.storeKind,
      ports,
    });
    const passwordFile = path.join(dir, 'database-password');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const scheme = kind === 'postgresql' ? 'postgres' : 'mysql';
    const definition = {
      cluster: name,
      nodes: Object.fromEntries(portal.nodes.map((node) => [node.name, { liferayHome: node.home }])),
      database: {
        kind,
        url: `${scheme}://${user}@${host}:${port}/${portal.database.database}`,
        passwordFile,
        runOn: options.runOn ?? 'server',
      },
      documentStore:
        portal.storeKind === 'database'
          ? { kind: 'database' }
          : { kind: portal.storeKind, path: portal.store },
    };
    await writeFile(path.join(dir, 'cluster.yaml'), stringify(definition));
    const cluster = new PortalCluster(name, portal);
    await cluster.startNodes();
    return cluster;
  }

  get definitionFile(): string {
    return path.join(path.dirname(this.portal.dir), 'cluster.yaml');
  }

  /** Applies cluster.yaml and lets one agent a node join and run. */
  async protect(server: ServerProcess): Promise<void> {
    await server.json('cluster', 'apply', '-f', this.definitionFile);
    for (const node of this.portal.nodes) {
      const state = path.join(path.dirname(this.portal.dir), `agent-${node.name}`);
      const roots = [...new Set([node.home, this.portal.store])];
      const act = (action: string) => [
        process.execPath,
        ...programArguments('simulator', ['node', action, '--home', node.home, '--port', String(node.port)]),
      ];
      const health = { url: `http://127.0.0.1:${node.port}/`, timeoutSeconds: 60 };
      const policy = { roots, mayRestore: true, actions: { stop: act('stop'), start: act('start'), health } };
      this.agents.push(
        await AgentProcess.join({ server, cluster: this.name, node: node.name, state, policy }),
      );
    }
    await server.waitForNodes(this.name, this.portal.nodes.length);
  }

  async startNodes(): Promise<void> {
    for (const { home, port } of this.portal.nodes) {
      await startNode({ home, port, pidFile: defaultPidFile(home), startDelayMs: 100 });
    }
  }

  async stopNodes(): Promise<void> {
    for (const { home } of this.portal.nodes) await stopNode(defaultPidFile(home));
  }

  async stop(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.stop()));
    await this.stopNodes();
  }
}
