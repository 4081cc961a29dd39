import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Catalog, ClusterRow, NodeRow } from '@lifeboat/catalog';
import type { AgentGateway, AgentRequest, Outcome } from '@lifeboat/coordination';
import type { CertificateAuthority, KeyRing } from '@lifeboat/identity';
import { LifeboatError, type ClusterId, type Log, type NodeId } from '@lifeboat/kernel';
import type {
  Bandwidth,
  Hello,
  RenewalRequest,
  SessionRequest,
  SessionResponse,
  Welcome,
} from '@lifeboat/wire';

import { PendingCommands } from './pending-commands.ts';

/** An agent that lost its connection may come back within this time and go on with what it was doing. */
const RECONNECT_GRACE_MILLIS = 60_000;
const PROTOCOL_VERSION = 1;
/** What this server understands beyond version 1; an agent that requires more is refused. */
const FEATURES: readonly string[] = [];

export type SessionCall = ServerDuplexStream<SessionRequest, SessionResponse>;

export interface AgentPeer {
  readonly cluster: ClusterRow;
  readonly node: NodeRow;
}

/** How the limit of an agent's own policy works, as it told last. */
export interface AgentBandwidth {
  /** Bytes a second; null: none at this time of the day. */
  readonly limit: number | null;
  /** Since the agent was started. */
  readonly waitedBytes: number;
}

export interface AgentHubOptions {
  readonly catalog: Catalog;
  readonly keyRing: KeyRing;
  readonly authority: CertificateAuthority;
  readonly vaultId: string;
  readonly log: Log;
  readonly newId: () => string;
  /** Keeps in the vault what a rebuilt catalog needs to know the node again. */
  readonly recordNode: (cluster: ClusterId, node: NodeId) => Promise<void>;
}

/** Who is connected, and the commands under way: the server's end of every agent's session. */
export class AgentHub implements AgentGateway {
  readonly #options: AgentHubOptions;
  readonly #sessions = new Map<NodeId, SessionCall>();
  readonly #away = new Map<NodeId, NodeJS.Timeout>();
  readonly #pending = new PendingCommands((node, commandId) => this.#tellCancelled(node, commandId));
  /** How to end each call under way, by the node that makes it. */
  readonly #calls = new Map<NodeId, Set<(error: LifeboatError) => void>>();
  /** As told in the session that is up. */
  readonly #bandwidths = new Map<NodeId, AgentBandwidth>();
  /** Told at any time: what an agent says again after a lost session is not counted twice. */
  readonly #waitedBytes = new Map<NodeId, number>();
  #onWaited: (peer: AgentPeer, bytes: number) => void = () => undefined;
  #listener: (connected: number) => void = () => undefined;

  constructor(options: AgentHubOptions) {
    this.#options = options;
  }

  /** Told how many agents are connected whenever that changes. */
  onChange(listener: (connected: number) => void): void {
    this.#listener = listener;
    listener(this.#sessions.size);
  }

  /** Told of bytes that had to wait for the limit of an agent. */
  onWaited(listener: (peer: AgentPeer, bytes: number) => void): void {
    this.#onWaited = listener;
  }

  /** Undefined: not connected, or sending as fast as it can. */
  bandwidthOf(node: NodeId): AgentBandwidth | undefined {
    return this.#bandwidths.get(node);
  }

  isOnline(node: NodeId): boolean {
    return this.#sessions.has(node);
  }

  async request(request: AgentRequest): Promise<Outcome> {
    const session = this.#sessions.get(request.node);
    if (session === undefined && !this.#away.has(request.node)) {
      throw new LifeboatError('NODE_OFFLINE', 'the node is not connected', {
        guidance: 'Start lifeboat-agent on it; lifeboat node list shows who is connected.',
      });
    }
    const { command, outcome } = this.#pending.add(this.#options.newId(), request);
    session?.write({ message: { $case: 'command', value: command } });
    return outcome;
  }

  /** Ends every call of the node, now; its certificate is refused from the next call on. */
  disconnect(node: NodeId): void {
    const revoked = revokedNode();
    for (const end of this.#calls.get(node) ?? []) end(revoked);
    this.#forget(node, revoked);
  }

  /** Does the work of one of the node's calls; throws CERTIFICATE_REVOKED as soon as the node is disconnected. */
  async whileTrusted<T>(node: NodeId, work: () => Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const calls = this.#calls.get(node) ?? new Set();
    this.#calls.set(node, calls.add(reject));
    try {
      return await Promise.race([promise, work()]);
    } finally {
      calls.delete(reject);
      if (calls.size === 0) this.#calls.delete(node);
    }
  }

  /** Ends every session; the agents try again until a server is there, and are told the keys anew. */
  endSessions(): void {
    for (const session of this.#sessions.values()) session.end();
  }

  /** One session from hello to its end. Resolves when the agent is gone; throws what it must not go on with. */
  async serve(call: SessionCall, peer: AgentPeer): Promise<void> {
    const log = this.#options.log.child({ cluster: peer.cluster.name, node: peer.node.name });
    const hello = Promise.withResolvers<Hello>();
    const over = Promise.withResolvers<undefined>();
    for (const event of ['end', 'cancelled', 'error']) call.on(event, () => over.resolve(undefined));
    let greeted = false;
    call.on('data', (request: SessionRequest) => {
      if (request.message?.$case === 'hello' && !greeted) {
        greeted = true;
        hello.resolve(request.message.value);
        // Nothing else is heard before this hello was judged: a copied state directory must not even renew itself.
      } else if (this.#sessions.get(peer.node.id) === call)
        this.#receive(call, peer, request).catch(over.reject);
      else over.reject(new LifeboatError('PROTOCOL_BREACH', 'an agent spoke before it was welcomed'));
    });
    const first = await Promise.race([hello.promise, over.promise]);
    if (first === undefined) return;
    try {
      await this.#greet(call, peer, first);
      log.info({ agentVersion: first.agentVersion, hostname: first.hostname }, 'agent connected');
      await over.promise;
    } finally {
      log.info({}, 'agent disconnected');
      if (this.#sessions.get(peer.node.id) === call) this.#leave(peer.node.id);
    }
  }

  async #greet(call: SessionCall, peer: AgentPeer, hello: Hello): Promise<void> {
    checkProtocol(hello);
    await this.#checkMachine(peer, hello);
    const { node } = peer;
    // The same machine connecting again is an agent that has not noticed its lost connection: the newer one counts.
    this.#sessions.get(node.id)?.end();
    clearTimeout(this.#away.get(node.id));
    this.#away.delete(node.id);
    this.#sessions.set(node.id, call);
    this.#bandwidths.delete(node.id);
    this.#listener(this.#sessions.size);
    call.write({ message: { $case: 'welcome', value: this.#welcome(peer) } });
    const held = new Set(hello.heldCommands);
    // Of an operation that ended meanwhile, or that a server gave which is no more.
    for (const commandId of held) if (!this.#pending.has(commandId)) this.#tellCancelled(node.id, commandId);
    for (const command of this.#pending.ofNode(node.id)) {
      if (!held.has(command.commandId)) call.write({ message: { $case: 'command', value: command } });
    }
  }

  /** A state directory copied to another machine would make two agents one node. */
  async #checkMachine({ cluster, node }: AgentPeer, hello: Hello): Promise<void> {
    const { catalog } = this.#options;
    const row = await catalog.nodes.byId(cluster.id, node.id);
    // It may have been revoked since this call was judged, and no call of it could be ended then.
    if (row?.state !== 'joined') throw revokedNode();
    if (row.machineId !== null && row.machineId !== hello.machineId) {
      throw new LifeboatError('STATE_CLONED', `node ${node.name} joined from another machine`, {
        guidance: 'Do not copy an agent’s state directory. To move a node, join it again with a new token.',
      });
    }
    await catalog.nodes.seen(cluster.id, node.id, {
      agentVersion: hello.agentVersion,
      machineId: hello.machineId,
    });
  }

  #welcome({ cluster, node }: AgentPeer): Welcome {
    const keys = this.#options.keyRing.clusterKeys(cluster.id);
    return {
      version: PROTOCOL_VERSION,
      requires: [],
      uses: [],
      nodeName: node.name,
      clusterId: cluster.id,
      clusterName: cluster.name,
      vaultId: this.#options.vaultId,
      keyEpoch: keys.epoch,
      idKey: keys.idKey,
      gearKey: keys.gearKey,
      sealPublicKey: keys.publicKey,
      decisionPublicKey: Buffer.from(this.#options.keyRing.signer.publicKey),
    };
  }

  async #receive(call: SessionCall, peer: AgentPeer, { message }: SessionRequest): Promise<void> {
    if (message === undefined) return;
    switch (message.$case) {
      case 'hello':
        throw new LifeboatError('PROTOCOL_BREACH', 'an agent said hello twice');
      case 'result':
        this.#pending.settle(message.value);
        call.write({ message: { $case: 'acknowledged', value: { commandId: message.value.commandId } } });
        return;
      case 'progress':
        this.#pending.progress(message.value);
        return;
      case 'renewal':
        return this.#renew(call, peer, message.value);
      case 'alive':
        call.write({ message: { $case: 'alive', value: message.value } });
        return this.#options.catalog.nodes.alive(peer.cluster.id, peer.node.id);
      case 'bandwidth':
        return this.#hearBandwidth(peer, message.value);
    }
  }

  #hearBandwidth(peer: AgentPeer, { limit, waitedBytes }: Bandwidth): void {
    const before = this.#waitedBytes.get(peer.node.id) ?? 0;
    const now = Number(waitedBytes);
    this.#waitedBytes.set(peer.node.id, now);
    this.#bandwidths.set(peer.node.id, { limit: limit === 0n ? null : Number(limit), waitedBytes: now });
    // Less than before: the agent was started again.
    this.#onWaited(peer, now < before ? now : now - before);
  }

  async #renew(call: SessionCall, { cluster, node }: AgentPeer, request: RenewalRequest): Promise<void> {
    const { authority, catalog, log } = this.#options;
    const issued = await authority.signNode(request.csrPem, { cluster: cluster.id, node: node.id });
    await catalog.nodes.renew(cluster.id, node.id, issued.serial, issued.notAfter);
    await this.#options.recordNode(cluster.id, node.id);
    log.info({ node: node.name, notAfter: issued.notAfter }, 'certificate renewed');
    const value = { certificatePem: issued.certificatePem, caPem: authority.pem };
    call.write({ message: { $case: 'renewed', value } });
  }

  /** An agent that is away hears of it when it is back: see `#greet`. */
  #tellCancelled(node: NodeId, commandId: string): void {
    this.#sessions.get(node)?.write({ message: { $case: 'cancelled', value: { commandId } } });
  }

  #leave(node: NodeId): void {
    this.#sessions.delete(node);
    this.#bandwidths.delete(node);
    this.#listener(this.#sessions.size);
    const lost = new LifeboatError('NODE_LOST', 'the node went away and did not come back', {
      guidance: 'Look at its agent’s log; nothing that was sealed is affected.',
    });
    const timer = setTimeout(() => this.#forget(node, lost), RECONNECT_GRACE_MILLIS);
    timer.unref();
    this.#away.set(node, timer);
  }

  #forget(node: NodeId, error: LifeboatError): void {
    this.#sessions.delete(node);
    clearTimeout(this.#away.get(node));
    this.#away.delete(node);
    this.#listener(this.#sessions.size);
    this.#pending.failNode(node, error);
  }
}

function checkProtocol(hello: Hello): void {
  const unknown = hello.requires.filter((feature) => !FEATURES.includes(feature));
  if (hello.version === PROTOCOL_VERSION && unknown.length === 0) return;
  throw new LifeboatError(
    'PROTOCOL_VERSION',
    `the agent speaks version ${hello.version} and requires ${unknown.join(', ') || 'nothing'}`,
    {
      guidance: 'Update lifeboat-server first, then the agents.',
    },
  );
}

function revokedNode(): LifeboatError {
  return new LifeboatError('CERTIFICATE_REVOKED', 'the node was revoked', {
    guidance: 'If the node is still yours, join it again with a new token (lifeboat node token).',
  });
}
