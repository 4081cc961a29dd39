import { silentLog, type NodeId, type SetId } from '@lifeboat/kernel';
import type { DocumentRow } from '@lifeboat/dxp';
import type { ClusterDefinition, SetDocument } from '@lifeboat/model';
import { type CaptureResult, InspectNodeResult } from '@lifeboat/wire';
import type { ClusterRow, SetRow } from '@lifeboat/catalog';
import type { ManifestEntry } from '@lifeboat/vault-format';

import type { AgentRequest, Outcome } from '../agent-gateway.ts';
import type { DatabaseOperator } from '../database-operator.ts';
import type { Services } from '../services.ts';
import { file, segments, stream, treeOf } from './entries.ts';

export const STORE = '/mnt/store';
const DEFINITION: ClusterDefinition = {
  cluster: 'demo',
  nodes: { a: {}, b: {} },
  database: { kind: 'postgresql', url: 'postgres://u@h/lportal', runOn: 'server' },
  documentStore: { kind: 'file-system', shared: true },
  sources: [],
};

/**
 * A cluster in memory, for tests of coordination's decisions: two nodes with a Home each, one store, one database, a
 * vault and a catalog. `said` is everything that coordination asked of anyone, in order; `on` may change the world or
 * fail just before that is done.
 */
export class FakeCluster {
  readonly said: string[] = [];
  on: (step: string) => void = () => undefined;
  /** Files of the store by path, with their size, as they are now. */
  readonly store = new Map<string, number>();
  /** Files that a hold still has although the store lost them. */
  readonly held = new Map<string, number>();
  /** Rows of the database as they are now. */
  rows: DocumentRow[] = [];
  /** Whether the structure of the database changes under the dump that comes to its end now. */
  structureChanges: () => boolean = () => false;
  /** False: a dump sees the rows of its own beginning, as on MariaDB, and stands still until it may go on. */
  pinIsSnapshot = true;
  /** The catalog's row of the set, and documents in the vault. */
  state: SetRow['state'] = 'requested';
  patch: Record<string, unknown> = {};
  readonly documents = new Map<string, SetDocument>();
  readonly sealed: SetDocument[] = [];
  /** What was taken and not given back. */
  readonly owed = new Set<string>();
  readonly #manifests = new Map<string, ManifestEntry[]>();
  #roots = 0;

  readonly cluster = { id: 'c', name: 'demo', definition: DEFINITION } as unknown as ClusterRow;
  readonly set = { id: 'set-1' as SetId, state: 'requested', requestedAt: new Date(0) } as SetRow;

  readonly services = {
    catalog: {
      sets: {
        update: async (_id: string, from: string, to: SetRow['state'], patch: Record<string, unknown>) => {
          if (this.state !== from) return false;
          this.state = to;
          Object.assign(this.patch, patch);
          return true;
        },
        sealed: async ({ document }: { document: SetDocument }) => {
          this.#say('catalog sealed');
          this.state = 'sealed';
          this.sealed.push(document);
        },
        latestSealed: async () => undefined,
        latestKept: async () => undefined,
      },
      acknowledgements: { losses: async () => new Set<string>() },
      nodes: { list: async () => ['a', 'b'].map((name) => ({ id: name, name, state: 'joined' })) },
      leases: {
        acquire: async () => (this.owed.add('lease'), 7),
        renew: async () => true,
        release: async () => void this.owed.delete('lease'),
      },
    },
    vault: {
      manifest: (_cluster: string, root: Buffer) => stream(this.#manifests.get(hex(root)) ?? []),
      segments: (_cluster: string, root: Buffer) => segments(this.#manifests.get(hex(root)) ?? []),
      diff: () => stream([]),
      closeOpenPacks: async () => this.#say('packs closed'),
      assertClosure: async () => (this.#say('closure checked'), { chunks: 1, bytes: 1 }),
      putSetDocument: async (document: SetDocument) => {
        this.#say('document put');
        const name = `sets/c/1-${document.set}`;
        this.documents.set(name, document);
        this.on('document is put');
        return { name, hash: 'h' };
      },
      findSetDocument: async (_cluster: string, sequence: number, set: string) =>
        this.documents.get(`sets/c/${sequence}-${set}`),
      pauseProof: () => this.#pauseProof(),
      prove: async () => (this.#say('proved'), { findings: [] }),
    },
    effects: {
      agents: { isOnline: () => true, request: (request: AgentRequest) => this.#request(request) },
      openDatabase: async () => this.#database(),
      writeManifest: async (_cluster: string, entries: AsyncIterable<ManifestEntry>) => {
        const kept: ManifestEntry[] = [];
        for await (const entry of entries) kept.push(entry);
        return { root: Buffer.from(this.#keep(kept).root), entries: kept.length, bytes: 0 };
      },
    },
    clock: { now: () => new Date(this.said.length * 1000), monotonic: () => this.said.length * 1000 },
    log: silentLog,
    keyRing: { epoch: 3 },
    owner: 'server',
  } as unknown as Services;

  /** Files of a manifest in the vault, by its root. */
  filesOf(root: string): string[] {
    const entries = this.#manifests.get(root) ?? [];
    return entries.filter(({ type }) => type === 'file').map(({ path }) => path.toString());
  }

  #say(step: string): void {
    this.said.push(step);
    this.on(step);
  }

  #pauseProof(): Disposable {
    this.#say('proof pauses');
    this.owed.add('proof');
    return {
      [Symbol.dispose]: () => {
        this.#say('proof goes on');
        this.owed.delete('proof');
      },
    };
  }

  async #request({ node, work }: AgentRequest): Promise<Outcome> {
    const tree = 'tree' in work.value ? ` ${work.value.tree?.name}` : '';
    this.#say(`${node} ${work.$case}${tree}`);
    switch (work.$case) {
      case 'inspectNode':
        return { $case: 'inspectNode', value: inspection(node) };
      case 'captureTree': {
        const capture = this.#keep(work.value.tree?.kind === 'document-store' ? treeFrom(this.store) : []);
        this.on(`${node} captured${tree}`);
        return { $case: 'capture', value: capture };
      }
      case 'armHold':
        this.owed.add(`hold ${node}`);
        return { $case: 'armHold', value: { sentinelSeen: true } as never };
      case 'captureHeld':
        return { $case: 'capture', value: this.#keep(treeFrom(this.held)) };
      case 'lookUpPaths': {
        const asked = work.value.paths.map((path) => Buffer.from(path).toString());
        const found = new Map([...this.store].filter(([path]) => asked.includes(path)));
        return {
          $case: 'lookUpPaths',
          value: { found: found.size, capture: this.#keep(treeFrom(found)) } as never,
        };
      }
      case 'releaseHold':
        this.owed.delete(`hold ${node}`);
        return { $case: 'empty', value: {} };
      case 'databaseWork':
      case 'stageTree':
      case 'quiesce':
      case 'settleTrees':
      case 'recordDecision':
      case 'switchTrees':
      case 'startPortal':
      case 'rollBackRestore':
      case 'finalizeRestore':
      case 'abortRestore':
        throw new Error(`a set never asks for ${work.$case}`);
    }
  }

  #database(): DatabaseOperator {
    this.owed.add('database');
    return {
      probe: async () => (this.#say('probe'), { serverVersion: '18', clientVersion: '18', warnings: [] }),
      pin: async () => {
        this.#say('pin');
        this.owed.add('snapshot');
        return this.#pin(structuredClone(this.rows));
      },
      close: async () => void this.owed.delete('database'),
    } as unknown as DatabaseOperator;
  }

  /** A snapshot: what the rows are now, whatever happens to them later. */
  #pin(documents: DocumentRow[]) {
    return {
      isSnapshot: this.pinIsSnapshot,
      openedAt: new Date(0),
      position: null,
      documents: () => stream(documents),
      workingCopies: () => stream(documents.filter(({ version }) => version === 'PWC')),
      dump: () => this.#dump(documents),
      release: async () => void this.owed.delete('snapshot'),
    };
  }

  #dump(pinned: DocumentRow[]) {
    this.owed.add('dump');
    const goneOn = Promise.withResolvers<void>();
    const begun = (async () => {
      this.#say('dump');
      return this.pinIsSnapshot ? pinned : structuredClone(this.rows);
    })();
    const finished = (async () => {
      const documents = await begun;
      if (!this.pinIsSnapshot) await goneOn.promise;
      this.owed.delete('dump');
      return {
        capture: this.#keep([file('dump', 10)]),
        report: reportOf(documents, this.structureChanges()),
      };
    })();
    return {
      secondLook: begun.then((rows) => (this.pinIsSnapshot ? undefined : stream(rows))),
      goOn: () => {
        this.#say('dump goes on');
        goneOn.resolve();
      },
      finished,
      cancel: async () => void this.owed.delete('dump'),
    };
  }

  #keep(entries: ManifestEntry[]): CaptureResult {
    this.#roots += 1;
    const root = Buffer.alloc(33, this.#roots);
    this.#manifests.set(hex(root), entries);
    const figures = {
      entries: BigInt(entries.length),
      bytes: 0n,
      bytesRead: 0n,
      bytesChanged: 0n,
      bytesWire: 0n,
      startedUnixMillis: 0n,
    };
    return { root, ...figures, changedWhileRead: [], notKept: [] } as unknown as CaptureResult;
  }
}

function reportOf(documents: DocumentRow[], ddlDuringDump: boolean) {
  return {
    openedAt: new Date(0),
    position: null,
    documents,
    images: [],
    contents: [],
    storeContents: [],
    companies: [],
    externalRepositories: [],
    counts: { tables: 1, rows: documents.length, largeObjects: 0 },
    release: { buildNumber: null, schemaVersion: null },
    ddlDuringDump,
    doubts: [],
  };
}

function treeFrom(files: ReadonlyMap<string, number>): ManifestEntry[] {
  return treeOf([...files].map(([path, size]) => file(path, size)));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function inspection(node: NodeId): InspectNodeResult {
  return InspectNodeResult.create({
    liferayHome: `/opt/${node}`,
    documentStoreKind: 'file-system',
    documentStorePath: STORE,
    findingsJson: '[]',
  });
}
