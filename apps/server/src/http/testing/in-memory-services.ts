import type {
  BackupSetDetail,
  Cluster,
  Plan,
  PolicyView,
  PruneView,
  RepairView,
  RestoreDetail,
  ScheduleView,
} from '@lifeboat/console-api';
import { LifeboatError } from '@lifeboat/kernel';
import type { ClusterDefinition } from '@lifeboat/model';
import { resolveReference } from '../resolve-reference.ts';
import type { AuditRecord, Caller, KeptAnswer, RouteWork, ServerServices } from '../server-services.ts';

export const TOKENS: Readonly<Record<Caller['role'], string>> = {
  viewer: 'lba_viewer',
  operator: 'lba_operator',
  admin: 'lba_admin',
};

const AT = '2026-01-02T03:04:05.678Z';
const CLUSTER_ID = '00000000-0000-4000-8000-00000000c1c1';
const PLAN_ID = '00000000-0000-4000-8000-0000000091a0';

/** Its schedule and its policy change. */
type Definition = Omit<ClusterDefinition, 'schedule' | 'retention'> & {
  schedule?: ClusterDefinition['schedule'];
  retention?: ClusterDefinition['retention'];
};
type KnownCluster = Omit<Cluster, 'definition'> & { readonly definition: Definition };

/** ServerServices over maps, for tests of what lies in front of them. States move when a test says so. */
export class InMemoryServices implements ServerServices {
  readonly audited: AuditRecord[] = [];
  readonly kept = new Map<string, KeptAnswer>();
  readonly clusters = new Map<string, KnownCluster>();
  readonly sets: BackupSetDetail[] = [];
  readonly restores: RestoreDetail[] = [];
  readonly findings: { kind: 'pack-damaged'; subject: string; message: string }[] = [];
  /** Every call of a route's work. */
  readonly calls: { name: string; caller: string; request: unknown }[] = [];
  /** What a set becomes each time it is looked at, first to last. */
  readonly nextOfSet: Partial<BackupSetDetail>[] = [];
  readonly nextOfRestore: Partial<RestoreDetail>[] = [];
  readonly nextOfPrune: Partial<PruneView>[] = [];
  pruneView: PruneView = {
    state: 'never',
    dryRun: false,
    beganAt: null,
    endedAt: null,
    graceSeconds: 86_400,
    progress: null,
    figures: null,
    failure: null,
  };
  readonly nextOfRepair: Partial<RepairView>[] = [];
  repairView: RepairView = {
    state: 'never',
    dryRun: false,
    beganAt: null,
    endedAt: null,
    progress: null,
    report: null,
    failure: null,
  };
  problems: string[] = [];

  readonly routes: RouteWork = {
    join: async ({ body }) => {
      if (body.token !== 'lbj_good') throw new LifeboatError('TOKEN_INVALID', 'the join token is not known');
      const names = { node: 'node-1', cluster: 'portal', nodeId: CLUSTER_ID, clusterId: CLUSTER_ID };
      return { certificate: 'PEM', ca: 'PEM', grpc: 'localhost:9443', notAfter: AT, ...names };
    },
    getMe: async (caller) => ({ ...caller, tokenHash: 'never leaves' }),
    applyCluster: async (caller, request) => {
      this.#note('applyCluster', caller, request);
      const { cluster } = request.params;
      const created = !this.clusters.has(cluster);
      this.clusters.set(cluster, this.#cluster(request.body));
      return { cluster, clusterId: CLUSTER_ID, created };
    },
    listClusters: async () =>
      [...this.clusters.values()].map((cluster) => ({
        ...cluster,
        nodes: cluster.nodes.map(({ node }) => node),
      })),
    getCluster: async (_caller, { params }) => this.#known(params.cluster),
    listNodes: async (_caller, { params }) => this.#known(params.cluster).nodes,
    getNode: async (_caller, { params }) => this.#node(params.cluster, params.node),
    createNodeToken: async (caller, request) => {
      this.#note('createNodeToken', caller, request);
      this.#node(request.params.cluster, request.params.node);
      return { token: `lbj_${this.calls.length}`, expiresAt: AT };
    },
    revokeNode: async (_caller, { params }) => {
      const node = this.#node(params.cluster, params.node);
      node.state = 'revoked';
      return node;
    },
    startSet: async (caller, request) => {
      this.#note('startSet', caller, request);
      const { cluster } = this.#known(request.params.cluster);
      if (this.sets.some(({ state }) => state === 'requested')) {
        throw new LifeboatError('SET_RUNNING', `a set of ${cluster} is running`, {
          guidance: 'Wait for its end.',
        });
      }
      const set = backupSet(cluster, caller.name, this.sets.length);
      this.sets.unshift(set);
      return set;
    },
    listSets: async (_caller, { query }) =>
      this.sets.filter((set) => !query.cluster || set.cluster === query.cluster),
    getSet: async (_caller, { params }) => Object.assign(this.#set(params.id), this.nextOfSet.shift()),
    getStatement: async (_caller, { params }) => statement(this.#set(params.id).set),
    browseSet: async (_caller, { params, query }) => {
      const names = query.path === '' ? ['node-1/liferay-home'] : ['a', 'b\u001b[31m', 'c'];
      const entries = names.map((name) => ({
        name,
        path: query.path === '' ? name : `${query.path}/${name}`,
        type: query.path === '' ? ('tree' as const) : ('file' as const),
        size: 1234,
        mode: 0o640,
        owner: 'liferay',
        group: 'liferay',
        mtime: AT,
        linkTarget: null,
      }));
      // Two pages: the command has to ask for the second.
      const page = query.after === undefined ? entries.slice(0, 2) : entries.slice(2);
      const next = query.after === undefined && entries.length > 2 ? 'page-2' : null;
      return { set: this.#set(params.id).set, path: query.path, entries: page, next };
    },
    diffSets: async (_caller, { params, query }) => {
      const facts = { type: 'file' as const, size: 1234, mode: 0o640, owner: 'liferay', group: 'liferay' };
      const was = { ...facts, mtime: AT, linkTarget: null };
      const one = { entries: 1, aspects: [], text: null, before: was, after: was };
      const changes = [
        { ...one, change: 'added' as const, path: 'node-1/liferay-home/a', before: null },
        { ...one, change: 'changed' as const, path: 'node-1/liferay-home/b', aspects: ['mode' as const] },
        { ...one, change: 'removed' as const, path: 'node-1/liferay-home/c', after: null },
      ];
      // Three pages, the second of them without a change.
      const page = { after: changes.slice(0, 2), none: [], last: changes.slice(2) };
      const at = (query.after ?? 'after') as keyof typeof page;
      const next = { after: 'none', none: 'last', last: null }[at];
      const sets = { before: this.#set(params.id).set, after: this.#set(params.other).set };
      return { ...sets, entries: { before: 10, after: 10 }, changes: page[at], next };
    },
    cancelSet: async (_caller, { params }) =>
      Object.assign(this.#set(params.id), { state: 'cancelled' as const }),
    acknowledgeLosses: async (caller, { params, body }) => {
      const { set, cluster } = this.#set(params.id);
      const { reason } = body;
      return { set, cluster, losses: 2, acknowledgedAt: AT, acknowledgedBy: caller.name, reason };
    },
    deleteSet: async (caller, { params, body }) => {
      const [{ set, cluster }] = this.sets.splice(this.sets.indexOf(this.#set(params.id)), 1) as [
        BackupSetDetail,
      ];
      const reason = body.reason ?? null;
      const facts = { sequence: 1, sealedAt: AT, guarantee: 'consistent' as const };
      return { set, cluster, ...facts, deletedAt: AT, deletedBy: caller.name, reason };
    },
    pinSet: async (caller, { params, body: { reason, until = null } }) =>
      Object.assign(this.#set(params.id), { pin: { reason, by: caller.name, at: AT, until } }),
    unpinSet: async (_caller, { params }) => Object.assign(this.#set(params.id), { pin: null }),
    getSchedule: async (_caller, { params }) => this.#schedule(params.cluster),
    setSchedule: async (caller, request) => {
      this.#note('setSchedule', caller, request);
      this.#known(request.params.cluster).definition.schedule = request.body;
      return this.#schedule(request.params.cluster);
    },
    removeSchedule: async (_caller, { params }) => {
      delete this.#known(params.cluster).definition.schedule;
      return this.#schedule(params.cluster);
    },
    getPolicy: async (_caller, { params }) => this.#policy(params.cluster),
    setPolicy: async (caller, request) => {
      this.#note('setPolicy', caller, request);
      this.#known(request.params.cluster).definition.retention = request.body.policy;
      return this.#policy(request.params.cluster);
    },
    removePolicy: async (_caller, { params }) => {
      delete this.#known(params.cluster).definition.retention;
      return this.#policy(params.cluster);
    },
    simulatePolicy: async (caller, request) => {
      this.#note('simulatePolicy', caller, request);
      const facts = { sequence: 1, requestedAt: AT, guarantee: 'consistent' as const };
      const sets = this.sets.map(({ set }, index) => ({
        set,
        ...facts,
        keep: index === 0,
        reasons: [{ rule: 'keepLast', keeps: index === 0, text: 'as told' }],
      }));
      return { cluster: request.params.cluster, policy: { keepLast: 1 }, sets, days: [] };
    },
    createPlan: async (_caller, { body }) => plan(this.#set(body.set).set),
    getPlan: async (_caller, { params }) => {
      if (params.id === PLAN_ID) return plan('some');
      throw new LifeboatError('NOT_FOUND', `there is no plan ${params.id}`);
    },
    startRestore: async (caller, { body }) => {
      if (body.plan !== PLAN_ID) throw new LifeboatError('NOT_FOUND', `there is no plan ${body.plan}`);
      const restore = newRestore(body.plan, caller.name);
      this.restores.unshift(restore);
      return restore;
    },
    listRestores: async () => this.restores,
    getRestore: async (_caller, { params }) =>
      Object.assign(this.#restore(params.id), this.nextOfRestore.shift()),
    rollBackRestore: async (_caller, { params }) => this.#restore(params.id),
    finalizeRestore: async (_caller, { params }) =>
      Object.assign(this.#restore(params.id), { finalizedAt: AT }),
    getVault: async () => {
      const figures = {
        packs: 1,
        chunks: 2,
        sets: this.sets.length,
        bytes: 4,
        unprovedPacks: 0,
        keyEpoch: 1,
        replica: null,
      };
      return { vault: CLUSTER_ID, location: 'file:///vault', ...figures };
    },
    checkVault: async (caller, request) => {
      this.#note('checkVault', caller, request);
      const { readData, maxSeconds } = request.body;
      const left = maxSeconds === undefined ? { packs: 0, bytes: 0 } : { packs: 3, bytes: 4000 };
      const data = readData ? { packs: 1, bytes: 2000, left, unproved: 0, oldestProof: AT } : null;
      return { packs: 1, chunks: 2, sets: this.sets.length, data, findings: this.findings };
    },
    rotateKeys: async () => ({ keyEpoch: 2, keyFile: '/keys/root.key', fingerprint: '0123456789abcdef' }),
    reindexVault: async () => ({ packs: 1, chunks: 2, sets: 3, clusters: 1 }),
    startPrune: async (_caller, { body }) => {
      this.pruneView = { ...this.pruneView, state: 'running', dryRun: body.dryRun, beganAt: AT };
      return this.pruneView;
    },
    getPrune: async () => Object.assign(this.pruneView, this.nextOfPrune.shift()),
    startRepair: async (_caller, { body }) => {
      this.repairView = { ...this.repairView, state: 'running', dryRun: body.dryRun, beganAt: AT };
      return this.repairView;
    },
    getRepair: async () => Object.assign(this.repairView, this.nextOfRepair.shift()),
    proveVault: async () => ({ packs: 1, chunks: 2, findings: this.findings }),
    listAudit: async (_caller, { query }) =>
      this.audited.slice(-query.limit).map((record, index) => ({ id: String(index), at: AT, ...record })),
  };

  async authenticate(token: string): Promise<Caller | undefined> {
    for (const role of ['viewer', 'operator', 'admin'] as const)
      if (token === TOKENS[role]) return { name: `the-${role}`, role };
    return undefined;
  }

  async audit(record: AuditRecord): Promise<void> {
    this.audited.push(record);
  }

  async once(principal: string, key: string, work: () => Promise<KeptAnswer>): Promise<KeptAnswer> {
    const id = JSON.stringify([principal, key]);
    const kept = this.kept.get(id) ?? (await work());
    this.kept.set(id, kept);
    return kept;
  }

  async ready() {
    return { ready: this.problems.length === 0, problems: this.problems };
  }

  async metrics(): Promise<string> {
    return '# HELP lifeboat_up 1\nlifeboat_up 1\n';
  }

  #schedule(cluster: string): ScheduleView {
    const { schedule = null } = this.#known(cluster).definition;
    const nextRuns = schedule === null ? [] : [AT];
    const rest = { overdue: false, lastRun: null, missedRuns: 2, lastGoodSet: AT, problem: null };
    return { cluster, schedule: schedule as ScheduleView['schedule'], nextRuns, ...rest };
  }

  #policy(cluster: string): PolicyView {
    const { retention = null } = this.#known(cluster).definition;
    const policy = retention as PolicyView['policy'];
    return { cluster, policy, delaySeconds: 259_200, dropped: [], problem: null };
  }

  #note(name: string, caller: Caller, request: unknown): void {
    this.calls.push({ name, caller: caller.name, request });
  }

  #cluster(definition: ClusterDefinition): KnownCluster {
    const nodes = Object.keys(definition.nodes).map((node) => ({
      node,
      cluster: definition.cluster,
      state: 'expected' as const,
      online: false,
      nodeId: null,
      agentVersion: null,
      joinedAt: null,
      lastSeenAt: null,
      certificateNotAfter: null,
      bandwidth: { limit: 5_000_000, waitedBytes: 7_000_000 },
    }));
    const { cluster } = definition;
    return {
      cluster,
      clusterId: CLUSTER_ID,
      createdAt: AT,
      nodes,
      definition,
      activity: null,
      lastSet: null,
    };
  }

  #known(name: string): KnownCluster {
    const cluster = this.clusters.get(name);
    if (cluster) return cluster;
    throw new LifeboatError('NOT_FOUND', `there is no cluster ${name}`, {
      guidance: 'See lifeboat cluster list.',
    });
  }

  #node(cluster: string, name: string) {
    const node = this.#known(cluster).nodes.find((one) => one.node === name);
    if (node) return node;
    throw new LifeboatError('NOT_FOUND', `there is no node ${name} in ${cluster}`);
  }

  #set(reference: string): BackupSetDetail {
    const id = resolveReference(
      'set',
      reference,
      this.sets.map(({ set }) => set),
    );
    return this.sets.find(({ set }) => set === id) as BackupSetDetail;
  }

  #restore(reference: string): RestoreDetail {
    const id = resolveReference(
      'restore',
      reference,
      this.restores.map(({ restore }) => restore),
    );
    return this.restores.find(({ restore }) => restore === id) as RestoreDetail;
  }
}

function backupSet(cluster: string, requestedBy: string, number: number): BackupSetDetail {
  return {
    set: `${String(number).padStart(4, 'a')}0000-0000-4000-8000-000000000001`.slice(0, 36),
    cluster,
    state: 'requested',
    guarantee: null,
    point: null,
    bytes: null,
    millis: null,
    sequence: null,
    requestedAt: AT,
    requestedBy,
    sealedAt: null,
    provedAt: null,
    progress: null,
    failure: null,
    pin: null,
    droppedAt: null,
    captures: [],
    warnings: [],
  };
}

function newRestore(ofPlan: string, requestedBy: string): RestoreDetail {
  return {
    restore: 'bbbb0000-0000-4000-8000-000000000001',
    plan: ofPlan,
    set: 'aaa00000-0000-4000-8000-000000000001',
    cluster: 'portal',
    state: 'requested',
    millis: null,
    stageMillis: null,
    switchMillis: null,
    requestedAt: AT,
    requestedBy,
    endedAt: null,
    finalizedAt: null,
    progress: null,
    failure: null,
    steps: [{ at: AT, step: 'requested', detail: null }],
  };
}

function plan(set: string): Plan {
  const root = '01'.repeat(33);
  return {
    plan: PLAN_ID,
    set,
    cluster: 'portal',
    createdAt: AT,
    slices: [
      {
        node: 'node-1',
        tree: 'liferay-home',
        kind: 'liferay-home',
        path: '/opt/liferay',
        excludes: [],
        root,
        entries: 10,
        bytes: 1000,
        ...{ capturedAt: null, keep: 'unchanged', entriesKept: 0, entriesRemoved: 0, bytesKept: 0 },
        bytesToFetch: 100,
        bytesSeeded: 900,
        filesReplaced: 3,
        cleared: ['osgi/state'],
      },
    ],
    database: { runOn: 'server', engine: 'postgresql', name: 'lportal', root, bytes: 5000 },
    warnings: ['the portal will be stopped'],
  };
}

function statement(set: string) {
  return {
    set,
    point: { from: AT, to: AT, position: '0/1', pins: 1 },
    fence: { openedAt: AT, closedAt: AT, millis: 12 },
    guarantee: 'consistent' as const,
    nodes: [
      {
        node: 'node-1',
        trees: [
          {
            tree: 'liferay-home',
            provedBy: 'walk' as const,
            entries: 1,
            bytes: 2,
            changedWhileRead: [],
            notKept: [],
          },
        ],
      },
    ],
    absentNodes: [],
    documents: null,
    database: null,
    searchIndex: {},
    warnings: ['mind the gap'],
  };
}
