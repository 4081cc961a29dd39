import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { freePort, runProcess, startProcess, type RunningProcess } from '@lifeboat/testkit';

import type { Contender, Measured } from '../contender.ts';
import { directorySize } from '../directory-size.ts';
import { cpuSeconds, peakResident } from '../process-figures.ts';

/** restic through `rclone serve restic` with TLS: the nearest thing to an agent and a server. */
export async function openResticRest(corpus: readonly string[], dir: string): Promise<Contender> {
  const env = {
    RESTIC_PASSWORD: 'bench',
    RESTIC_CACHE_DIR: path.join(dir, 'cache'),
    RCLONE_CONFIG: '/dev/null',
  };
  let server: RunningProcess | undefined;
  let flags: string[] = [];
  const close = async (): Promise<void> => {
    await server?.end('SIGTERM');
    server = undefined;
    await rm(dir, { recursive: true, force: true });
  };
  const restic = async (...args: string[]): Promise<{ peak: number; cpu: number }> => {
    const process = startProcess('restic', [...flags, ...args], { env });
    let [peak, cpu] = [0, 0];
    const timer = setInterval(async () => {
      peak = Math.max(peak, await peakResident(process.pid));
      cpu = Math.max(cpu, await cpuSeconds(process.pid));
    }, 100);
    const { code, stderr } = await process.done;
    clearInterval(timer);
    if (code !== 0 && code !== 3) throw new Error(`restic ended with ${code}: ${stderr}`);
    return { peak, cpu };
  };
  const measure = async (): Promise<Measured> => {
    const startedAt = performance.now();
    const rcloneBefore = await cpuSeconds(server!.pid);
    const { peak, cpu } = await restic('backup', '--quiet', ...corpus);
    const millis = performance.now() - startedAt;
    return {
      millis,
      cpu: { restic: cpu, rclone: (await cpuSeconds(server!.pid)) - rcloneBefore },
      resident: { restic: peak, rclone: await peakResident(server!.pid) },
      stored: await directorySize(path.join(dir, 'repo')),
    };
  };
  return {
    name: 'restic-rest',
    version: await versionOf(),
    backup: async () => {
      await close();
      await mkdir(path.join(dir, 'repo'), { recursive: true });
      const port = await freePort();
      const [key, certificate] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
      await makeCertificate(key, certificate);
      const serve = ['serve', 'restic', '--addr', `127.0.0.1:${port}`, '--cert', certificate, '--key', key];
      server = startProcess('rclone', [...serve, path.join(dir, 'repo')], { env });
      await server.waitForLine(/Serving restic REST API/, 20);
      flags = ['-r', `rest:https://127.0.0.1:${port}/`, '--cacert', certificate];
      await restic('init', '--quiet');
      return measure();
    },
    incremental: measure,
    close,
  };
}

async function versionOf(): Promise<string> {
  const [restic, rclone] = await Promise.all([
    runProcess('restic', ['version']),
    runProcess('rclone', ['version']),
  ]);
  return `${restic.stdout.split('\n')[0]}; ${rclone.stdout.split('\n')[0]}`;
}

async function makeCertificate(key: string, certificate: string): Promise<void> {
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const { code, stderr } = await runProcess('openssl', [
    'req',
    ...made,
    '-keyout',
    key,
    '-out',
    certificate,
    ...subject,
  ]);
  if (code !== 0) throw new Error(`openssl ended with ${code}: ${stderr}`);
}
