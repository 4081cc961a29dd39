import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { waitUntil } from './wait-until.ts';

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Buffer;
}

export interface ProcessResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly done: Promise<ProcessResult>;
  /** What it has said so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves with the first line of either output that matches; rejects when the process ends before. */
  waitForLine(pattern: RegExp, seconds?: number): Promise<string>;
  waitForFile(path: string, seconds?: number): Promise<void>;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<ProcessResult>;
}

/** Starts a direct child and collects what it says. The caller ends it. */
export function startProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): RunningProcess {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  child.stdin.on('error', () => undefined); // It may end without reading its input: its exit code tells.
  child.stdin.end(options.input ?? '');
  let ended = false;
  const done = new Promise<ProcessResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      ended = true;
      resolve({ code, signal, ...said });
    });
  });
  done.catch(() => (ended = true));
  const failIfEnded = (): void => {
    if (ended)
      throw new Error(`${command} ended early (exit code ${child.exitCode}): ${said.stderr || said.stdout}`);
  };
  return {
    child,
    pid: child.pid ?? -1,
    done,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    waitForLine: (pattern, seconds = 30) =>
      waitUntil(
        `a line ${pattern} of ${command}`,
        () => {
          const line = `${said.stdout}\n${said.stderr}`
            .split('\n')
            .find((candidate) => pattern.test(candidate));
          if (line === undefined) failIfEnded();
          return line;
        },
        { seconds },
      ),
    waitForFile: async (path, seconds = 30) => {
      await waitUntil(
        path,
        () => {
          if (existsSync(path)) return true;
          failIfEnded();
          return false;
        },
        { seconds },
      );
    },
    end: (signal = 'SIGTERM') => {
      child.kill(signal);
      return done;
    },
  };
}

/** Runs a program to its end, whatever its exit code. */
export function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  return startProcess(command, args, options).done;
}
