import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { LifeboatError } from '@lifeboat/kernel';

const TIMEOUT_MILLIS = 5 * 60_000;

/**
 * Runs one of the policy's own argument vectors, without a shell, its output into a file. Waits for the process
 * itself, not for what it leaves running: a portal started by a script keeps the script's output open.
 * Throws ACTION_FAILED.
 */
export async function runAction(
  name: string,
  argv: readonly string[],
  output: string,
  timeout = TIMEOUT_MILLIS,
): Promise<void> {
  const [command, ...args] = argv;
  if (command === undefined) return;
  const failed = (how: string, cause?: unknown): LifeboatError =>
    new LifeboatError('ACTION_FAILED', `the ${name} action (${command}) ${how}`, {
      guidance: `Its output is in ${output}. The action is set in this node's agent.yaml.`,
      cause,
    });
  const log = openSync(output, 'a', 0o600);
  let timer: NodeJS.Timeout | undefined;
  try {
    // A group of its own, so that a timeout reaches its children and our own end does not reach the portal.
    const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true, cwd: '/' });
    let timedOut = false;
    timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeout);
    const [code, signal] = (await once(child, 'exit').catch((error: unknown) => {
      throw failed('could not be run', error);
    })) as [number | null, string | null];
    if (timedOut) throw failed(`did not end within ${timeout / 1000} s`);
    if (code !== 0) throw failed(code === null ? `was ended by ${signal}` : `exited with ${code}`);
  } finally {
    clearTimeout(timer);
    closeSync(log);
  }
}
