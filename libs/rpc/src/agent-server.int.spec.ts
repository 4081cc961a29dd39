import http2 from 'node:http2';
import path from 'node:path';
import type { Readable } from 'node:stream';
import tls from 'node:tls';
import {
  Client,
  credentials,
  loadPackageDefinition,
  type ChannelCredentials,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CertificateAuthority, createNodeKeyAndCsr, nodeOfCertificate } from '@lifeboat/identity';
import { LifeboatError, silentLog, type Clock, type ClusterId, type NodeId } from '@lifeboat/kernel';
import { gate, tempDir, waitUntil, type TempDir } from '@lifeboat/testkit';
import type { SessionResponse } from '@lifeboat/wire';
import { protoPath as HEALTH_PROTO } from 'grpc-health-check';

import { AgentChannel } from './agent-channel.ts';
import { AgentServer, type AgentHandlers } from './agent-server.ts';
import { FLOW_CONTROL_WINDOW_BYTES, MAX_MESSAGE_BYTES } from './limits.ts';
import { agentServiceDefinition } from './service-definition.ts';
import { fromStatus } from './status.ts';
import { demandTls13 } from './tls-policy.ts';

const SUBJECT = {
  cluster: '0c9fdc04-5b5c-4f6b-9a4e-6d1a1a4a0001' as ClusterId,
  node: '0c9fdc04-5b5c-4f6b-9a4e-6d1a1a4a0002' as NodeId,
};
const MIB = 1024 * 1024;
const REFLECTION_PROTO = path.resolve(
  'node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
);
const clock: Clock = { now: () => new Date(), monotonic: () => performance.now() };

interface Identity {
  readonly caPem: string;
  readonly keyPem: string;
  readonly certificatePem: string;
}

const IDLE: AgentHandlers<NodeId> = {
  session: async () => undefined,
  upload: async () => undefined,
  download: async () => undefined,
};

let directory: TempDir;
let server: AgentServer<NodeId>;
let port: number;
let address: string;
let node: Identity;
let stranger: Identity;
let processWideMinimum: typeof tls.DEFAULT_MIN_VERSION;
/** What the test at hand wants the server to do, and who was let in. */
let handlers = IDLE;
let authenticated: NodeId[] = [];

beforeAll(async () => {
  processWideMinimum = tls.DEFAULT_MIN_VERSION;
  demandTls13();
  directory = await tempDir();
  const ours = await CertificateAuthority.open(directory.join('ours'), clock);
  const theirs = await CertificateAuthority.open(directory.join('theirs'), clock);
  node = await identityFrom(ours, ours.pem);
  stranger = await identityFrom(theirs, ours.pem);
  server = new AgentServer<NodeId>({
    caPem: ours.pem,
    ...(await ours.serverCredentials(['127.0.0.1'])),
    protoDirectory: path.resolve('proto'),
    authenticate: async (der) => {
      const peer = nodeOfCertificate(der).node;
      authenticated.push(peer);
      return peer;
    },
    handlers: {
      session: (call, peer) => handlers.session(call, peer),
      upload: (call, peer) => handlers.upload(call, peer),
      download: (call, peer) => handlers.download(call, peer),
    },
    log: silentLog,
  });
  port = await server.listen('127.0.0.1', 0);
  address = `127.0.0.1:${port}`;
});

beforeEach(() => {
  handlers = IDLE;
  authenticated = [];
});

afterAll(async () => {
  await server.stop();
  await directory.remove();
  tls.DEFAULT_MIN_VERSION = processWideMinimum;
});

describe('an agent’s call', () => {
  it('reaches its handler with the node that the certificate names', async () => {
    const peers: NodeId[] = [];
    handlers = {
      ...IDLE,
      session: async (call, peer) => {
        peers.push(peer);
        await readAll(call, ({ message }) => {
          if (message?.$case === 'alive') call.write({ message: { $case: 'alive', value: message.value } });
        });
      },
    };
    const answers = await inChannel(node, async (channel) => {
      const call = channel.session();
      const received: SessionResponse[] = [];
      call.on('data', (answer: SessionResponse) => received.push(answer));
      call.write({ message: { $case: 'alive', value: { sequence: 7n } } });
      call.write({ message: { $case: 'alive', value: { sequence: 2n ** 63n } } });
      call.end();
      await ended(call);
      return received;
    });
    expect(answers.map(({ message }) => message)).toEqual([
      { $case: 'alive', value: { sequence: 7n } },
      { $case: 'alive', value: { sequence: 2n ** 63n } },
    ]);
    expect(peers).toEqual([SUBJECT.node]);
  });

  it('ends with the code and the guidance of what the handler threw', async () => {
    const guidance = 'Nimm ein neues Zertifikat: „lifeboat-agent join“.';
    const thrown = new LifeboatError('CERTIFICATE_REVOKED', 'node-1 was revoked', { guidance });
    handlers = { ...IDLE, upload: () => Promise.reject(thrown) };
    const error = await inChannel(node, (channel) => failureOf(channel.upload()));
    expect(error).toMatchObject({ code: 'CERTIFICATE_REVOKED', message: 'node-1 was revoked', guidance });
  });

  it('ends with INTERNAL, without a stack, when the handler has a bug', async () => {
    handlers = { ...IDLE, download: () => Promise.reject(new TypeError('x is not a function')) };
    const error = await inChannel(node, (channel) => failureOf(channel.download()));
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'x is not a function' });
    expect(JSON.stringify(error)).not.toContain('agent-server');
  });

  it('is told that the server cannot be reached when nobody listens', async () => {
    const channel = new AgentChannel({ address: '127.0.0.1:1', ...node });
    try {
      expect(await failureOf(channel.session())).toMatchObject({ code: 'UNREACHABLE' });
    } finally {
      channel.close();
    }
  });
});

describe('mutual TLS', () => {
  it('refuses a caller without a certificate before any of our code runs', async () => {
    const bare = credentials.createSsl(Buffer.from(node.caPem));
    expect(await failureOf(rawCall(bare))).toMatchObject({ code: 'UNREACHABLE' });
    expect(authenticated).toEqual([]);
  });

  it('refuses a certificate of another authority before any of our code runs', async () => {
    expect(await inChannel(stranger, (channel) => failureOf(channel.session()))).toMatchObject({
      code: 'UNREACHABLE',
    });
    expect(authenticated).toEqual([]);
  });

  it('lets an agent refuse a server of another authority', async () => {
    const deceived = { ...node, caPem: stranger.certificatePem };
    expect(await inChannel(deceived, (channel) => failureOf(channel.session()))).toMatchObject({
      code: 'CERTIFICATE_UNKNOWN_CA',
    });
    expect(authenticated).toEqual([]);
  });

  it('speaks TLS 1.3 and refuses TLS 1.2', async () => {
    await expect(handshake('TLSv1.3')).resolves.toBe('TLSv1.3');
    await expect(handshake('TLSv1.2')).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    });
  });
});

describe('limits', () => {
  it('refuses a message over the limit as a breach, and reads one of just the limit', async () => {
    const received: number[] = [];
    handlers = {
      ...IDLE,
      upload: async (call) => {
        await readAll(call, ({ message }) => {
          if (message?.$case === 'frames') received.push(message.value.frames.length);
        });
      },
    };
    const send = (bytes: number) => {
      const call = rawCall(ssl(node), { 'grpc.max_send_message_length': -1 }, 'upload');
      call.write(framesOf(bytes));
      call.end();
      return call;
    };
    await ended(send(MAX_MESSAGE_BYTES - 64));
    expect(received).toEqual([MAX_MESSAGE_BYTES - 64]);
    expect(await failureOf(send(MAX_MESSAGE_BYTES + 1))).toMatchObject({
      code: 'PROTOCOL_BREACH',
      message: expect.stringContaining('larger than max'),
    });
    expect(received).toHaveLength(1);
  });

  it('lets a caller have a whole window on its way, on the connection and on each stream', async () => {
    const { caPem: ca, certificatePem: cert, keyPem: key } = node;
    const session = http2.connect(`https://${address}`, { ca, cert, key });
    try {
      session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check' });
      const widened = () =>
        session.remoteSettings.initialWindowSize === FLOW_CONTROL_WINDOW_BYTES &&
        session.state.remoteWindowSize === FLOW_CONTROL_WINDOW_BYTES;
      await waitUntil('the windows of the server', async () => widened());
    } finally {
      session.destroy();
    }
  });

  it('holds a writer back while the handler does not read, and loses nothing when it does', async () => {
    const total = 64 * MIB;
    const message = 256 * 1024;
    const reading = gate();
    let read = 0;
    handlers = {
      ...IDLE,
      upload: async (call) => {
        await reading.pass();
        await readAll(call, (request) => {
          if (request.message?.$case === 'frames') read += request.message.value.frames.length;
        });
      },
    };
    await inChannel(node, async (channel) => {
      const call = channel.upload();
      const finished = ended(call);
      let sent = 0;
      let refusals = 0;
      const write = (): void => {
        while (sent < total) {
          sent += message;
          if (!call.write(framesOf(message))) {
            refusals += 1;
            call.once('drain', write);
            return;
          }
        }
        call.end();
      };
      write();
      await reading.reached;
      await standsStill(() => sent);
      expect(refusals).toBeGreaterThan(0);
      // One window on its way, and what the two ends' object buffers hold.
      expect(sent).toBeLessThanOrEqual(FLOW_CONTROL_WINDOW_BYTES + 2 * 16 * message + 2 * MIB);
      expect(read).toBe(0);
      reading.open();
      await finished;
      expect({ sent, read }).toEqual({ sent: total, read: total });
    });
  });
});

describe('what stands beside the agent service', () => {
  it('answers the standard health check', async () => {
    const check = await unary(HEALTH_PROTO, 'grpc.health.v1.Health', 'check');
    expect(await check({ service: '' })).toEqual({ status: 'SERVING' });
    expect(await check({ service: 'lifeboat.v1.AgentService' })).toEqual({ status: 'SERVING' });
    await expect(check({ service: 'lifeboat.v1.Nothing' })).rejects.toMatchObject({ code: 5 });
  });

  it('describes by reflection the service that is served', async () => {
    const client = dynamicClient(REFLECTION_PROTO, 'grpc.reflection.v1.ServerReflection');
    try {
      const call = client['serverReflectionInfo']!() as ReturnType<typeof rawCall>;
      const answers: Reflected[] = [];
      call.on('data', (answer: Reflected) => answers.push(answer));
      call.write({ listServices: '' });
      call.write({ fileContainingSymbol: 'lifeboat.v1.AgentService' });
      call.end();
      await ended(call);
      const names = answers[0]?.listServicesResponse?.service.map(({ name }) => name);
      expect(names).toContain('lifeboat.v1.AgentService');
      const files = Buffer.concat(answers[1]?.fileDescriptorResponse?.fileDescriptorProto ?? []).toString(
        'latin1',
      );
      for (const method of ['Session', 'Upload', 'Download']) expect(files).toContain(method);
    } finally {
      client.close();
    }
  });
});

interface Reflected {
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
}

type DynamicClient = Client & Record<string, (...values: unknown[]) => unknown>;

async function identityFrom(authority: CertificateAuthority, caPem: string): Promise<Identity> {
  const { keyPem, csrPem } = await createNodeKeyAndCsr();
  const { certificatePem } = await authority.signNode(csrPem, SUBJECT);
  return { caPem, keyPem, certificatePem };
}

function ssl({ caPem, keyPem, certificatePem }: Identity): ChannelCredentials {
  return credentials.createSsl(Buffer.from(caPem), Buffer.from(keyPem), Buffer.from(certificatePem));
}

async function inChannel<T>(identity: Identity, work: (channel: AgentChannel) => Promise<T>): Promise<T> {
  const channel = new AgentChannel({ address, ...identity });
  try {
    return await work(channel);
  } finally {
    channel.close();
  }
}

/** A call as a foreign client would make it: only the credentials and options that the test gives. */
function rawCall(channel: ChannelCredentials, options = {}, name = 'session') {
  const client = new Client(`localhost:${port}`, channel, options);
  const method = agentServiceDefinition[name]!;
  const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
  call.on('status', () => client.close());
  return call;
}

/** As our handlers do; `for await` would destroy the call before its status is sent. */
function readAll<Request>(
  call: ServerDuplexStream<Request, unknown>,
  onRequest: (request: Request) => void,
): Promise<void> {
  call.on('data', onRequest);
  return new Promise((resolve) => call.on('end', resolve));
}

/** Resolves at the end of a call that went well; answers that nobody listens to are let go. */
function ended(call: Readable): Promise<void> {
  call.resume();
  return new Promise((resolve, reject) => {
    call.on('end', () => resolve());
    call.on('error', (error) => reject(fromStatus(error)));
  });
}

function failureOf(call: Readable): Promise<unknown> {
  return ended(call).then(
    () => 'the call went well',
    (error: unknown) => error,
  );
}

function handshake(version: 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(
      {
        host: '127.0.0.1',
        port,
        ca: node.caPem,
        key: node.keyPem,
        cert: node.certificatePem,
        ALPNProtocols: ['h2'],
        minVersion: version,
        maxVersion: version,
      },
      () => {
        resolve(socket.getProtocol());
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

function framesOf(bytes: number) {
  return { message: { $case: 'frames' as const, value: { sequence: 1n, frames: Buffer.alloc(bytes) } } };
}

/** Waits until a number no longer changes. */
async function standsStill(value: () => number): Promise<void> {
  let last = Number.NaN;
  await waitUntil(
    'the writer to stand still',
    () => {
      const still = value() === last;
      last = value();
      return still;
    },
    { everyMs: 500 },
  );
}

function dynamicClient(proto: string, service: string): DynamicClient {
  const loaded = loadPackageDefinition(loadSync(proto, { enums: String }));
  const make = service
    .split('.')
    .reduce<unknown>((scope, name) => (scope as Record<string, unknown>)[name], loaded);
  return new (make as new (address: string, channel: ChannelCredentials) => DynamicClient)(
    `localhost:${port}`,
    ssl(node),
  );
}

async function unary(proto: string, service: string, method: string) {
  return (request: object): Promise<unknown> => {
    const client = dynamicClient(proto, service);
    return new Promise((resolve, reject) => {
      client[method]!(request, (error: unknown, answer: unknown) => {
        client.close();
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
  };
}
