import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ClusterRow, NodeRow } from '@lifeboat/catalog';
import { LifeboatError, silentLog, type NodeId } from '@lifeboat/kernel';
import type { SessionRequest, SessionResponse } from '@lifeboat/wire';

import { AgentHub, type AgentPeer, type SessionCall } from './agent-hub.ts';

const NODE = 'node-id' as NodeId;
const MINUTE = 60_000;
const peer = {
  cluster: { id: 'cluster-id', name: 'portal' } as unknown as ClusterRow,
  node: { id: NODE, name: 'node-1' } as NodeRow,
} satisfies AgentPeer;

/** The server's end of a session, without a network: what the agent says is emitted, what it hears is kept. */
class Call extends EventEmitter {
  readonly heard: NonNullable<SessionResponse['message']>[] = [];
  readonly served: Promise<void>;

  constructor(hub: AgentHub, heldCommands: string[] = []) {
    super();
    this.served = hub.whileTrusted(NODE, () => hub.serve(this as unknown as SessionCall, peer));
    this.served.catch(() => undefined);
    this.say({ $case: 'hello', value: { ...HELLO, heldCommands } });
  }

  say(message: NonNullable<SessionRequest['message']>): void {
    this.emit('data', { message });
  }

  write({ message }: SessionResponse): boolean {
    if (message !== undefined) this.heard.push(message);
    return true;
  }

  end(): void {
    this.emit('end');
  }

  ids(kind: 'command' | 'cancelled'): string[] {
    return this.heard.flatMap((message) => (message.$case === kind ? [message.value.commandId] : []));
  }
}

const HELLO = {
  version: 1,
  requires: [],
  uses: [],
  agentVersion: '0.1.0',
  hostname: 'host',
  machineId: 'machine',
  bootId: 'boot',
};

let hub: AgentHub;
let state: 'joined' | 'revoked';

beforeEach(() => {
  jest.useFakeTimers();
  state = 'joined';
  let next = 1;
  const catalog = {
    nodes: {
      byId: async () => ({ state, machineId: 'machine' }),
      seen: async () => undefined,
      renew: async () => {
        throw new LifeboatError('CERTIFICATE_REVOKED', 'revoked meanwhile');
      },
    },
  };
  const key = Buffer.alloc(32);
  hub = new AgentHub({
    catalog,
    keyRing: {
      clusterKeys: () => ({ epoch: 1, idKey: key, gearKey: key, publicKey: key }),
      signer: { publicKey: key },
    },
    authority: { pem: '', signNode: async () => ({ certificatePem: '', serial: '1', notAfter: new Date() }) },
    vaultId: 'vault-id',
    log: silentLog,
    newId: () => `command-${next++}`,
  } as unknown as ConstructorParameters<typeof AgentHub>[0]);
});

afterEach(() => {
  jest.useRealTimers();
});

describe('the limit of an agent', () => {
  it('is shown while it is connected; what waited for it is counted once, over lost sessions and restarts', async () => {
    const waited: number[] = [];
    hub.onWaited((_peer, bytes) => waited.push(bytes));
    const first = await connect();
    first.say({ $case: 'bandwidth', value: { limit: 5000n, waitedBytes: 100n } });
    expect(hub.bandwidthOf(NODE)).toEqual({ limit: 5000, waitedBytes: 100 });
    first.end();
    await jest.advanceTimersByTimeAsync(5 * MINUTE);
    expect(hub.bandwidthOf(NODE)).toBeUndefined();
    const second = await connect();
    second.say({ $case: 'bandwidth', value: { limit: 0n, waitedBytes: 150n } });
    expect(hub.bandwidthOf(NODE)).toEqual({ limit: null, waitedBytes: 150 });
    second.say({ $case: 'bandwidth', value: { limit: 0n, waitedBytes: 30n } });
    expect(waited).toEqual([100, 50, 30]);
  });
});

describe('a command', () => {
  it('is refused at once for a node that is not connected', async () => {
    await expect(ask()).rejects.toMatchObject({ code: 'NODE_OFFLINE' });
  });

  it('outlives a lost connection: an agent that forgot it gets it again, one that works on it does not', async () => {
    const first = await connect();
    const outcome = ask();
    first.end();
    const restarted = await connect();
    expect(restarted.ids('command')).toEqual(['command-1']);
    restarted.end();
    const steady = await connect(['command-1']);
    expect(steady.ids('command')).toEqual([]);
    steady.say({
      $case: 'result',
      value: { commandId: 'command-1', outcome: { $case: 'empty', value: {} } },
    });
    await expect(outcome).resolves.toMatchObject({ $case: 'empty' });
    // The time in which the agent might have come back is over and changes nothing.
    await jest.advanceTimersByTimeAsync(5 * MINUTE);
    expect(hub.isOnline(NODE)).toBe(true);
  });

  it('fails as NODE_LOST when the node does not come back within a minute', async () => {
    const call = await connect();
    const outcome = ask();
    outcome.catch(() => undefined);
    call.end();
    await jest.advanceTimersByTimeAsync(MINUTE + 1);
    await expect(outcome).rejects.toMatchObject({ code: 'NODE_LOST' });
    await expect(ask()).rejects.toMatchObject({ code: 'NODE_OFFLINE' });
  });

  it('that is cancelled is ended on the node: now, or when it is back', async () => {
    const call = await connect();
    const [now, later] = [new AbortController(), new AbortController()];
    const outcomes = Promise.allSettled([ask(now.signal), ask(later.signal)]);
    now.abort();
    expect(call.ids('cancelled')).toEqual(['command-1']);
    call.end();
    later.abort();
    expect((await connect(['command-2'])).ids('cancelled')).toEqual(['command-2']);
    const cancelled = { status: 'rejected', reason: { code: 'CANCELLED' } };
    expect(await outcomes).toMatchObject([cancelled, cancelled]);
  });

  it('of a server that is no more is ended on the node', async () => {
    expect((await connect(['of-another-time'])).ids('cancelled')).toEqual(['of-another-time']);
  });
});

describe('a session', () => {
  it('ends with an error that its agent hears of when the agent breaks the protocol', async () => {
    const call = await connect();
    call.say({ $case: 'hello', value: { ...HELLO, heldCommands: [] } });
    await expect(call.served).rejects.toMatchObject({ code: 'PROTOCOL_BREACH' });
    expect(hub.isOnline(NODE)).toBe(false);
  });

  it('ends when its certificate may not be renewed', async () => {
    const call = await connect();
    call.say({ $case: 'renewal', value: { csrPem: '' } });
    await expect(call.served).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' });
  });

  it('is ended by revocation, which also fails what the node was asked', async () => {
    const call = await connect();
    const outcome = ask();
    hub.disconnect(NODE);
    await expect(call.served).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' });
    await expect(outcome).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' });
    expect(hub.isOnline(NODE)).toBe(false);
  });

  it('does not begin for a node that was revoked while it connected', async () => {
    state = 'revoked';
    await expect(new Call(hub).served).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' });
    expect(hub.isOnline(NODE)).toBe(false);
  });

  it('of the same node that is newer takes the place of the older', async () => {
    const older = await connect();
    const newer = await connect();
    await older.served;
    expect(hub.isOnline(NODE)).toBe(true);
    const outcome = ask();
    outcome.catch(() => undefined);
    expect([older.ids('command'), newer.ids('command')]).toEqual([[], ['command-1']]);
  });
});

async function connect(heldCommands: string[] = []): Promise<Call> {
  const call = new Call(hub, heldCommands);
  await jest.advanceTimersByTimeAsync(0);
  expect(call.heard[0]?.$case).toBe('welcome');
  return call;
}

function ask(signal?: AbortSignal) {
  return hub.request({
    node: NODE,
    operation: 'operation',
    epoch: 1,
    work: { $case: 'inspectNode', value: { liferayHome: '', documentStorePath: '', searchIndexPath: '' } },
    deadlineSeconds: 3600,
    signal,
  });
}
