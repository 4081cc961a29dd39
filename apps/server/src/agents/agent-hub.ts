import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Catalog, ClusterRow, NodeRow } from '@lifeboat/catalog';
import type { AgentGateway, AgentRequest, Outcome } from '@lifeboat/coordination';
import type { CertificateAuthority, KeyRing } from '@lifeboat/identity';
import { LifeboatError, type Log, type NodeId } from '@lifeboat/kernel';
import type { Hello, RenewalRequest, SessionRequest, SessionResponse, Welcome } from '@lifeboat/wire';

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

export interface AgentHubOptions {
  readonly catalog: Catalog;
  readonly keyRing: KeyRing;
  readonly authority: CertificateAuthority;
  readonly vaultId: string;
  readonly log: Log;
  readonly newId: () => string;
}

/** Who is connected, and the commands under way: the server's end of every agent's session. */
export class AgentHub implements AgentGateway {
  readonly #options: AgentHubOptions;
  readonly #sessions = new Map<NodeId, SessionCall>();
  readonly #away = new Map<NodeId, NodeJS.Timeout>();
  readonly #pending = new PendingCommands();
  #listener: (connected: number) => void = () => undefined;

  constructor(options: AgentHubOptions) {
    this.#options = options;
  }

  /** Told how many agents are connected whenever that changes. */
  onChange(listener: (connected: number) => void): void {
    this.#listener = listener;
    listener(this.#sessions.size);
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

  /** Ends the node's session; its certificate is refused from the next call on. */
  disconnect(node: NodeId): void {
    this.#sessions.get(node)?.emit('error', { code: 7, details: 'this node was revoked' });
    this.#forget(node, new LifeboatError('CERTIFICATE_REVOKED', 'the node was revoked'));
  }

  /** One session from hello to its end. Resolves when the agent is gone. */
  async serve(call: SessionCall, peer: AgentPeer): Promise<void> {
    const log = this.#options.log.child({ cluster: peer.cluster.name, node: peer.node.name });
    const ended = new Promise<void>((resolve) => {
      call.on('end', resolve);
      call.on('cancelled', resolve);
      call.on('error', () => resolve());
    });
    const hello = new Promise<Hello>((resolve, reject) => {
      call.on('data', (request: SessionRequest) => {
        const { message } = request;
        if (message?.$case === 'hello') resolve(message.value);
        else this.#receive(call, peer, request).catch(reject);
      });
    });
    const first = await Promise.race([hello, ended]);
    if (first === undefined) return;
    await this.#greet(call, peer, first);
    log.info({ agentVersion: first.agentVersion, hostname: first.hostname }, 'agent connected');
    await Promise.race([ended, rejectionOf(hello)]);
    log.info({}, 'agent disconnected');
    if (this.#sessions.get(peer.node.id) === call) this.#leave(peer.node.id);
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
    this.#listener(this.#sessions.size);
    call.write({ message: { $case: 'welcome', value: this.#welcome(peer) } });
    const held = new Set(hello.heldCommands);
    for (const command of this.#pending.ofNode(node.id)) {
      if (!held.has(command.commandId)) call.write({ message: { $case: 'command', value: command } });
    }
  }

  /** A state directory copied to another machine would make two agents one node. */
  async #checkMachine({ cluster, node }: AgentPeer, hello: Hello): Promise<void> {
    const { catalog } = this.#options;
    const known = (await catalog.nodes.byId(cluster.id, node.id))?.machineId ?? null;
    if (known !== null && known !== hello.machineId) {
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
    const keys = this.#options.keyRing.clusterKeys(cluster.id, cluster.keyEpoch);
    return {
      version: PROTOCOL_VERSION,
      requires: [],
      uses: [],
      nodeName: node.name,
      clusterId: cluster.id,
      clusterName: cluster.name,
      vaultId: this.#options.vaultId,
      keyEpoch: cluster.keyEpoch,
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
    }
  }

  async #renew(call: SessionCall, { cluster, node }: AgentPeer, request: RenewalRequest): Promise<void> {
    const { authority, catalog, log } = this.#options;
    const issued = await authority.signNode(request.csrPem, { cluster: cluster.id, node: node.id });
    await catalog.nodes.renew(cluster.id, node.id, issued.serial, issued.notAfter);
    log.info({ node: node.name, notAfter: issued.notAfter }, 'certificate renewed');
    const value = { certificatePem: issued.certificatePem, caPem: authority.pem };
    call.write({ message: { $case: 'renewed', value } });
  }

  #leave(node: NodeId): void {
    this.#sessions.delete(node);
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
    this.#away.delete(node);
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

function rejectionOf(promise: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => promise.catch(reject));
}
