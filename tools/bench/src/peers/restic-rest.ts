import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { freePort, startProcess, type RunningProcess } from '@lifeboat/testkit';

import type { Contender, Measured } from '../contender.ts';
import { directorySize } from '../machine/directory-size.ts';
import { Meter, type Reading } from '../machine/meter.ts';
import type { MeasuredRun } from '../machine/run-measured.ts';
import { runTool } from '../machine/run-tool.ts';
import { ResticCommands } from './restic-commands.ts';

const NAME = 'restic-rest';

/** restic through `rclone serve restic` with TLS: the nearest thing to an agent and a server. */
export async function openResticRest(dir: string): Promise<Contender> {
  const repository = path.join(dir, 'repository');
  let restic = new ResticCommands(NAME, [], dir);
  let server: RunningProcess | undefined;
  let trees: readonly string[] = [];
  const close = async (): Promise<void> => {
    await server?.end('SIGTERM');
    server = undefined;
    await rm(dir, { recursive: true, force: true });
  };
  const stored = () => directorySize(repository);
  const metered = async <T>(work: () => Promise<T>): Promise<[T, Reading]> => {
    const meter = new Meter({ rclone: { pid: server!.pid } });
    const done = await work();
    return [done, meter.stop()];
  };
  return {
    name: NAME,
    version: await versionOf(),
    begin: async (of) => {
      await close();
      await mkdir(repository, { recursive: true });
      trees = of;
      const port = await freePort();
      const [key, certificate] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
      await makeCertificate(key, certificate);
      const serve = ['serve', 'restic', '--addr', `127.0.0.1:${port}`, '--cert', certificate, '--key', key];
      server = startProcess('rclone', [...serve, repository], { env: { RCLONE_CONFIG: '/dev/null' } });
      await server.waitForLine(/Serving restic REST API/, 20);
      restic = new ResticCommands(
        NAME,
        ['-r', `rest:https://127.0.0.1:${port}/`, '--cacert', certificate],
        dir,
      );
      await restic.init();
    },
    backup: async (expected) => {
      const [run, server] = await metered(() => restic.backup(trees, expected));
      // What rclone reads comes from restic: it has no files to read while it stores.
      return { ...figures(run, server), wire: server.moved.rclone!.read, stored: await stored() };
    },
    settle: () => Promise.resolve(),
    restore: async () => {
      const [restored, server] = await metered(() => restic.restore(trees));
      const measured = { ...figures(restored.run, server), wire: server.moved.rclone!.written };
      return { measured, trees: restored.trees };
    },
    addNode: async () => restic.addNode(),
    close,
  };
}

function figures({ millis, cpu, resident }: MeasuredRun, server: Reading): Measured {
  return {
    millis,
    cpu: { restic: cpu, ...server.cpu },
    resident: { restic: resident, ...server.resident },
  };
}

async function versionOf(): Promise<string> {
  const said = await Promise.all([runTool('restic', ['version']), runTool('rclone', ['version'])]);
  return said.map((text) => text.split('\n')[0]).join('; ');
}

async function makeCertificate(key: string, certificate: string): Promise<void> {
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await runTool('openssl', ['req', ...kind, '-keyout', key, '-out', certificate, ...subject]);
}
