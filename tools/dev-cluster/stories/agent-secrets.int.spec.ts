import { createDecipheriv } from 'node:crypto';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AgentProcess, ServerProcess } from '@lifeboat/dev-cluster';
import { KeyRing, unwrapSessionKey, type ClusterKeys } from '@lifeboat/identity';
import type { ClusterId } from '@lifeboat/kernel';
import { tempDir, type TempDir } from '@lifeboat/testkit';
import { FRAME_HEADER_LENGTH, keyFrameBody, nextFrame, PACK_HEADER_LENGTH } from '@lifeboat/vault-format';
import { stringify } from 'yaml';

import { vaultOf } from './path-cluster.fixture.ts';

/** One session key as it lies in the vault: wrapped, and with a frame that it opens. */
interface Sealed {
  readonly wrapped: Buffer;
  readonly frame: Buffer;
  readonly counter: bigint;
}

const NODES = ['node-1', 'node-2'] as const;
const KEY = 32;

/**
 * Whoever takes over a node has all that its agent has: the state directory (certificates, the sealed manifest and the
 * key beside it), the memory of its process with the keys of its sessions, what the server tells it, and let it have
 * the vault's bytes too. With all of that nothing opens which an earlier session or another node has sealed.
 */
describe('everything that an agent has', () => {
  let dir: TempDir;
  let server: ServerProcess;
  const agents = new Map<string, AgentProcess>();
  /** By hex key id, of the sessions of all agents before they were started again. */
  let earlier: Map<string, Sealed>;
  let keys: ClusterKeys;
  let ring: KeyRing;

  const tree = (node: string): string => path.join(dir.path, node, 'tree');
  const state = (node: string): string => path.join(dir.path, node, 'agent');

  beforeAll(async () => {
    dir = await tempDir('story-secrets');
    server = await ServerProcess.start(dir.join('server'));
    const file = dir.join('cluster.yaml');
    const sources = NODES.map((node) => ({ kind: 'path', node, path: tree(node) }));
    await writeFile(file, stringify({ cluster: 'two', nodes: { 'node-1': {}, 'node-2': {} }, sources }));
    await server.json('cluster', 'apply', '-f', file);
    for (const node of NODES) {
      await mkdir(tree(node), { recursive: true });
      await writeFile(
        path.join(tree(node), 'secret.txt'),
        `${'what must not be read again '.repeat(20)}${node}`,
      );
      const policy = { roots: [tree(node)], mayRestore: true };
      agents.set(node, await AgentProcess.join({ server, cluster: 'two', node, state: state(node), policy }));
    }
    await take();
    earlier = await sealedIn(vaultOf(server));
    // A session ends with its process at the latest; what is in its memory then belongs to the next one.
    const [agent] = agents.values();
    await agent!.stop();
    agent!.start();
    await writeFile(path.join(tree('node-1'), 'new.txt'), 'sealed in the present session');
    await take();
    ring = await KeyRing.read(path.join(server.data, 'keys', 'root.key'));
    const [id] = await readdir(path.join(vaultOf(server), 'sets'));
    keys = ring.clusterKeys(id as ClusterId);
  }, 180_000);

  afterAll(async () => {
    for (const agent of agents.values()) await agent.stop();
    await server?.stop();
    await dir.remove();
  });

  async function take(): Promise<void> {
    await server.waitForNodes('two', NODES.length);
    await server.json('backup', 'run', '--cluster', 'two', '--wait');
  }

  it('holds no key of an earlier session or of another node, and none of the server’s', async () => {
    const hidden = await Promise.all(
      [...earlier.values()].map(({ wrapped }) => unwrapSessionKey(keys, wrapped)),
    );
    expect(hidden.length).toBeGreaterThanOrEqual(NODES.length);
    const secrets = [keys.privateKey, keys.tableKey, keys.documentKey, ring.controlKey(), ...hidden];
    // What an agent does have is found: the key of chunk ids.
    expect(await found([keys.idKey], memoryOf(agents.get('node-1')!.process.pid))).toBe(1);
    for (const place of [memoryOf(agents.get('node-1')!.process.pid), filesBelow(state('node-1'))])
      expect(await found(secrets, place)).toBe(0);
  }, 240_000);

  it('opens no frame, whatever of its files is tried as a key', async () => {
    const tried = new Set<string>();
    for await (const bytes of filesBelow(state('node-1')))
      for (const text of [bytes, ...decoded(bytes)])
        for (let at = 0; at + KEY <= text.length; at += 1) tried.add(text.toString('latin1', at, at + KEY));
    for (const told of [keys.idKey, keys.gearKey, keys.publicKey, ring.signer.publicKey])
      tried.add(Buffer.from(told).toString('latin1'));
    expect(tried.size).toBeGreaterThan(1000);
    for (const sealed of earlier.values()) {
      for (const key of tried) expect(opens(sealed, Buffer.from(key, 'latin1'))).toBe(false);
      // With the private key of the server it is the work of a moment.
      expect(opens(sealed, await unwrapSessionKey(keys, sealed.wrapped))).toBe(true);
    }
  });

  it('opens no wrapped key, whatever of its keys is tried as a private one', async () => {
    const files: Buffer[] = [];
    for await (const bytes of filesBelow(state('node-1'))) files.push(bytes);
    const candidates = files
      .flatMap((bytes) => [bytes, ...decoded(bytes)])
      .flatMap((text) =>
        Array.from({ length: Math.floor(text.length / KEY) }, (_, n) => text.subarray(n * KEY)),
      )
      .map((text) => text.subarray(0, KEY))
      .filter((text) => text.length === KEY);
    const some = candidates.slice(0, 300);
    for (const { wrapped } of earlier.values())
      for (const privateKey of [...some, keys.idKey, keys.gearKey, keys.publicKey])
        await expect(unwrapSessionKey({ ...keys, privateKey }, wrapped)).rejects.toMatchObject({
          code: 'DECRYPTION_FAILED',
        });
  });
});

/** One frame of each session key of a vault. */
async function sealedIn(vault: string): Promise<Map<string, Sealed>> {
  const found = new Map<string, Sealed>();
  for await (const pack of filesBelow(path.join(vault, 'packs'))) {
    const wrapped = new Map<string, Buffer>();
    for (let at = PACK_HEADER_LENGTH; ;) {
      const frame = nextFrame(pack, at);
      if (frame.kind !== 'frame') break;
      const { header, start, end } = frame;
      const bytes = pack.subarray(start, end);
      at = end;
      const id = header.keyId.toString('hex');
      if (header.kind === 'key') wrapped.set(id, Buffer.from(keyFrameBody(bytes)));
      else if (!found.has(id))
        found.set(id, { wrapped: wrapped.get(id)!, frame: bytes, counter: header.counter });
    }
  }
  return found;
}

function opens({ frame, counter }: Sealed, key: Buffer): boolean {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(counter, 4);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(frame.subarray(0, FRAME_HEADER_LENGTH));
  decipher.setAuthTag(frame.subarray(-16));
  decipher.update(frame.subarray(FRAME_HEADER_LENGTH, -16));
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** How many of the keys lie somewhere in these bytes: as they are, in hexadecimal or in base64. */
async function found(keys: readonly Uint8Array[], places: AsyncIterable<Buffer>): Promise<number> {
  const spelled = keys.map((key) => {
    const bytes = Buffer.from(key);
    return [
      bytes,
      ...(['hex', 'base64', 'base64url'] as const).map((way) => Buffer.from(bytes.toString(way))),
    ];
  });
  const seen = new Set<number>();
  for await (const bytes of places)
    spelled.forEach((ways, index) => {
      if (ways.some((way) => bytes.includes(way))) seen.add(index);
    });
  return seen.size;
}

/** All that a process can write to, one mapping after the other. */
async function* memoryOf(pid: number): AsyncGenerator<Buffer> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8');
  const memory = await open(`/proc/${pid}/mem`);
  try {
    for (const [, from, to] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
      const [begin, end] = [Number(`0x${from}`), Number(`0x${to}`)];
      for (let at = begin; at < end; at += PIECE) {
        const bytes = Buffer.alloc(Math.min(PIECE + KEY * 2, end - at));
        // Guard pages and what was unmapped meanwhile cannot be read.
        const read = await memory.read(bytes, 0, bytes.length, at).catch(() => ({ bytesRead: 0 }));
        yield bytes.subarray(0, read.bytesRead);
      }
    }
  } finally {
    await memory.close();
  }
}

const PIECE = 16 * 1024 * 1024;

async function* filesBelow(directory: string): AsyncGenerator<Buffer> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) yield readFile(path.join(entry.parentPath, entry.name));
}

/** What is spelled in base64 or hexadecimal in a text: PEM, JSON. */
function decoded(bytes: Buffer): Buffer[] {
  const text = bytes.toString('latin1');
  const base64 = text.match(/[A-Za-z0-9+/=\n]{40,}/g) ?? [];
  const hex = text.match(/[0-9a-f]{64,}/g) ?? [];
  return [
    ...base64.map((each) => Buffer.from(each, 'base64')),
    ...hex.map((each) => Buffer.from(each, 'hex')),
  ];
}
