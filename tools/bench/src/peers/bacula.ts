import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { freePort, runProcess, startProcess, waitUntil, type RunningProcess } from '@lifeboat/testkit';

import type { Contender } from '../contender.ts';
import { directorySize } from '../machine/directory-size.ts';
import { Meter, type Reading } from '../machine/meter.ts';
import { runTool } from '../machine/run-tool.ts';
import { systemPath } from '../machine/installed.ts';
import { WrongResult } from '../wrong-result.ts';
import { baculaConfiguration, type BaculaPlaces } from './bacula-configuration.ts';

const NAME = 'bacula';
/** Makes the catalog's tables, in a place and of a name that Debian's maintainer scripts fill in. */
export const MAKE_TABLES = '/usr/share/bacula-director/make_sqlite3_tables';
const DAEMONS = { director: 'bacula-dir', storage: 'bacula-sd', file: 'bacula-fd' } as const;

interface Job {
  readonly JobStatus: string;
  readonly JobFiles: number;
  readonly JobErrors: number;
}

/** Director, storage daemon and file daemon on loopback; LZO, not encrypted, the catalog in SQLite. */
export async function openBacula(dir: string): Promise<Contender> {
  const [work, volumes] = [path.join(dir, 'work'), path.join(dir, 'volumes')];
  let trees: readonly string[] = [];
  let daemons: Record<string, RunningProcess> = {};
  let level = 'Full';

  const close = async (): Promise<void> => {
    await Promise.all(Object.values(daemons).map((daemon) => daemon.end('SIGTERM')));
    daemons = {};
    await rm(dir, { recursive: true, force: true });
  };
  const stored = () => directorySize(volumes);

  /** Gives the console one command and waits for the end of its job. */
  const run = async (command: string): Promise<{ job: Job; millis: number; reading: Reading }> => {
    const meter = new Meter(
      Object.fromEntries(Object.entries(daemons).map(([name, { pid }]) => [name, { pid }])),
    );
    const startedAt = performance.now();
    const console = ['-c', path.join(dir, 'console.conf')];
    await runProcess('bconsole', console, { input: `${command}\nwait\nquit\n` });
    const millis = performance.now() - startedAt;
    const reading = meter.stop();
    const query = 'select JobStatus, JobFiles, JobErrors from Job order by JobId desc limit 1';
    const [job] = JSON.parse(await runTool('sqlite3', ['-json', path.join(work, 'bacula.db'), query])) as [
      Job,
    ];
    if (job.JobStatus !== 'T' || job.JobErrors > 0) {
      const said = (await readFile(path.join(work, 'messages'), 'utf8')).slice(-2000);
      throw new WrongResult(NAME, `its job ended as ${job.JobStatus}, ${job.JobErrors} errors: ${said}`);
    }
    return { job, millis, reading };
  };

  return {
    name: NAME,
    version: await versionOf(),
    wholeSeconds: true,
    begin: async (of) => {
      await close();
      [trees, level] = [of, 'Full'];
      const restored = path.join(dir, 'restored');
      for (const each of [work, volumes, restored]) await mkdir(each, { recursive: true, mode: 0o700 });
      const ports = { director: await freePort(), storage: await freePort(), file: await freePort() };
      await makeCatalog(work);
      daemons = await startDaemons(dir, { work, volumes, restored, trees, ports });
    },
    backup: async (expected) => {
      const { job, millis, reading } = await run(`run job=Backup level=${level} yes`);
      const counted = expected.reduce((sum, { entries }) => sum + entries, 0);
      // One that is not full tells of changes only.
      if (level === 'Full' && job.JobFiles !== counted)
        throw new WrongResult(NAME, `it backed up ${job.JobFiles} entries; counted are ${counted}`);
      level = 'Incremental';
      const { cpu, resident, moved } = reading;
      return { millis, cpu, resident, wire: moved.storage!.read, stored: await stored() };
    },
    settle: () => Promise.resolve(),
    restore: async () => {
      const restored = path.join(dir, 'restored');
      const command = 'restore client=bench-fd restorejob=Restore select current all done yes';
      const { millis, reading } = await run(command);
      const { cpu, resident, moved } = reading;
      const measured = { millis, cpu, resident, wire: moved.storage!.written };
      return { measured, trees: trees.map((tree) => path.join(restored, tree)) };
    },
    addNode: async () => {
      level = 'Full'; // it knows nothing of the other machine
    },
    close,
  };
}

async function versionOf(): Promise<string> {
  // `-?` prints the version and ends with an error.
  const { stdout, stderr } = await runProcess('bacula-fd', ['-?'], { env: { PATH: systemPath() } });
  return `bacula ${/Version: (\S+)/.exec(stdout + stderr)?.[1] ?? 'of an unknown version'}`;
}

async function makeCatalog(work: string): Promise<void> {
  const script = (await readFile(MAKE_TABLES, 'utf8'))
    .replace('cd /var/lib/bacula', `cd '${work}'`)
    .replaceAll('XXX_DBNAME_XXX', 'bacula');
  await runTool('sh', ['-c', script]);
}

async function startDaemons(dir: string, places: BaculaPlaces): Promise<Record<string, RunningProcess>> {
  for (const [name, text] of Object.entries(baculaConfiguration(places)))
    await writeFile(path.join(dir, name), text, { mode: 0o600 });
  const daemons: Record<string, RunningProcess> = {};
  for (const [name, program] of Object.entries(DAEMONS)) {
    const args = ['-f', '-c', path.join(dir, `${name}.conf`)];
    daemons[name] = startProcess(program, args, { env: { PATH: systemPath() } });
    const port = places.ports[name as keyof typeof DAEMONS];
    await waitUntil(`${program} to listen`, () => accepts(port));
  }
  return daemons;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
