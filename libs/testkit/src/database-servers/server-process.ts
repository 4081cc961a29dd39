import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { asUnprivileged } from './unprivileged.ts';

const execute = promisify(execFile);
const READY_WITHIN_MS = 60_000;

/** Runs a set-up tool of a server to its end, under the server's account. */
export async function runTool(command: string, args: readonly string[], cwd: string): Promise<void> {
  const tool = asUnprivileged(command, args);
  await execute(tool.command, tool.args, { ...tool.options, cwd, maxBuffer: 16 << 20 });
}

/** A started server process: knows how to wait until it answers, and how to end it. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #running = true;
  #output = '';

  constructor(command: string, args: readonly string[], cwd: string, deathSignal: 'INT' | 'TERM') {
    const server = asUnprivileged(command, args, deathSignal);
    this.#child = spawn(server.command, server.args, {
      ...server.options,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (bytes: Buffer): void => {
      this.#output = (this.#output + bytes.toString()).slice(-8192);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#exited = new Promise((resolve) => {
      const ended = (): void => {
        this.#running = false;
        resolve();
      };
      this.#child.once('exit', ended);
      this.#child.once('error', (error) => {
        this.#output += error.message;
        ended();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Asks `probe` until it does not throw; fails with the server's own words when it has died. */
  async ready(probe: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    for (;;) {
      if (!this.#running) throw new Error(`the server ended while starting:\n${this.#output}`);
      try {
        await probe();
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await sleep(25);
      }
    }
  }

  async end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL', remove?: string): Promise<void> {
    if (this.#running) this.#child.kill(signal);
    await this.#exited;
    if (remove !== undefined)
      await rm(remove, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}
