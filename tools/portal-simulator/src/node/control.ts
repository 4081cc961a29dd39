import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, systemCodeOf } from '@lifeboat/kernel';
import { TOMCAT } from '../home-files.ts';
import type { ServeOptions } from './serve.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

/** Beside the Home, not in it: a restore must not bring back the number of a process of old. */
export function defaultPidFile(home: string): string {
  return `${home.replace(/\/+$/, '')}.pid`;
}

/** Starts a node in the background and waits until it has a pid file; does nothing when it runs already. */
export async function startNode(options: ServeOptions, waitSeconds = 30): Promise<number> {
  const running = await runningPid(options.pidFile);
  if (running !== undefined) return running;
  await rm(options.pidFile, { force: true });
  const output = openSync(`${options.pidFile}.out`, 'a');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'node', 'serve', ...flags(options)],
    {
      cwd: '/',
      detached: true,
      stdio: ['ignore', output, output],
    },
  );
  closeSync(output);
  let failure: unknown;
  child.once('error', (error) => (failure = error));
  child.once(
    'exit',
    (code) => (failure ??= new Error(`it ended at once with exit code ${code}; see ${options.pidFile}.out`)),
  );
  child.unref();
  for (let waited = 0; waited < waitSeconds * 1000; waited += 50) {
    const pid = await runningPid(options.pidFile);
    if (pid !== undefined) return pid;
    if (failure !== undefined) throw new Error(`the node did not start: ${messageOf(failure)}`);
    await sleep(50);
  }
  throw new Error(`the node did not start within ${waitSeconds} s; see ${options.pidFile}.out`);
}

/** Ends a node in order and waits for its end; false when it was not running. */
export async function stopNode(pidFile: string, waitSeconds = 30): Promise<boolean> {
  const pid = await runningPid(pidFile);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; waited < waitSeconds * 1000; waited += 25) {
    if (!(await isRunning(pid))) {
      await rm(pidFile, { force: true });
      return true;
    }
    await sleep(25);
  }
  throw new Error(`process ${pid} did not end within ${waitSeconds} s`);
}

/** The process that wrote the pid file, if it still is one of ours. */
export async function runningPid(pidFile: string): Promise<number | undefined> {
  const pid = Number((await readIfThere(pidFile)).trim());
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  return (await isRunning(pid)) ? pid : undefined;
}

/** Neither gone, nor a zombie that nobody has waited for, nor another program that got the number. */
async function isRunning(pid: number): Promise<boolean> {
  const state = / ([A-Z]) /.exec((await readIfThere(`/proc/${pid}/stat`)).replace(/^.*\)/, ''))?.[1];
  if (state === undefined || state === 'Z' || state === 'X') return false;
  return (await readIfThere(`/proc/${pid}/cmdline`)).includes('\0serve\0');
}

function flags({ home, port, pidFile, startDelayMs }: ServeOptions): string[] {
  const own = ['--home', home, '--pid-file', pidFile, '--start-delay', String(startDelayMs)];
  const listen = port === undefined ? [] : ['--port', String(port)];
  // As a Java process shows them, for those who look for portals among the processes.
  return [
    ...own,
    ...listen,
    '--',
    `-Dcatalina.base=${join(home, TOMCAT)}`,
    'org.apache.catalina.startup.Bootstrap',
  ];
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ESRCH') return '';
    throw error;
  }
}
