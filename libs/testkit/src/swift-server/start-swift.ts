import { chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openServerHome } from '../database-servers/server-home.ts';
import { runTool, ServerProcess } from '../database-servers/server-process.ts';
import { unprivileged } from '../database-servers/unprivileged.ts';
import { freePort } from '../free-port.ts';
import { SWIFT_REGION, swiftConfiguration, type SwiftPorts } from './swift-configuration.ts';
import { SwiftServer } from './swift-server.ts';

const PYTHON = '/usr/bin/python3';
const USER = 'test:tester';
const KINDS = ['account', 'container', 'object', 'proxy'] as const;

/** Starts OpenStack Swift with its S3 interface (one device, one replica) and the memcached it needs, in a few seconds. */
export async function startSwift(): Promise<SwiftServer> {
  if (!existsSync('/usr/lib/python3/dist-packages/swift')) {
    throw new Error('Swift is not installed: apt-get install python3-swift memcached');
  }
  const home = await openServerHome('swift', undefined);
  const ports = await choosePorts();
  await writeHome(home.dir, ports, home.password);
  const program = join(home.dir, 'run-swift.py');
  const { account, container, object } = ports;
  await runTool(PYTHON, [program, 'rings', home.dir, `${account}`, `${container}`, `${object}`], home.dir);

  const memcached = ['-l', '127.0.0.1', '-p', `${ports.memcached}`, '-U', '0', '-m', '16', '-t', '1'];
  const processes = [
    new ServerProcess('memcached', memcached, home.dir, 'TERM'),
    ...KINDS.map((kind) => new ServerProcess(PYTHON, [program, 'serve', home.dir, kind], home.dir, 'TERM')),
  ];
  const swift = new SwiftServer({
    endpoint: `http://127.0.0.1:${ports.proxy}`,
    region: SWIFT_REGION,
    user: USER,
    password: home.password,
    stop: async () => {
      const [last, ...others] = processes;
      await Promise.all(others.map((each) => each.end('SIGTERM')));
      await last?.end('SIGKILL', home.dir);
    },
  });
  try {
    await Promise.all(
      KINDS.map((kind, index) => processes[index + 1]?.ready(() => answers(kind, ports[kind]))),
    );
  } catch (error) {
    await swift.stop();
    throw error;
  }
  return swift;
}

/** The proxy says when it is well; the others need only answer. */
async function answers(kind: (typeof KINDS)[number], port: number): Promise<void> {
  const { status } = await fetch(`http://127.0.0.1:${port}/healthcheck`);
  if (kind === 'proxy' && status !== 200) throw new Error(`the proxy's health is ${status}`);
}

async function choosePorts(): Promise<SwiftPorts> {
  const [account, container, object, proxy, memcached] = await Promise.all(
    Array.from({ length: 5 }, () => freePort()),
  );
  return { account, container, object, proxy, memcached } as SwiftPorts;
}

async function writeHome(directory: string, ports: SwiftPorts, password: string): Promise<void> {
  for (const name of ['node', 'node/d1', 'recon']) await ownedDirectory(join(directory, name));
  for (const [name, content] of Object.entries(
    swiftConfiguration(directory, ports, { name: USER, password }),
  )) {
    await writeFile(join(directory, name), content, { mode: 0o600 });
    await give(join(directory, name));
  }
  // A checkout may lie where the server's account cannot read.
  await copyFile(join(import.meta.dirname, 'run-swift.py'), join(directory, 'run-swift.py'));
}

async function ownedDirectory(path: string): Promise<void> {
  await mkdir(path);
  await give(path);
}

async function give(path: string): Promise<void> {
  if (unprivileged !== undefined) await chown(path, unprivileged.uid, unprivileged.gid);
}
