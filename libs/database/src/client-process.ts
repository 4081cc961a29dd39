import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '@lifeboat/kernel';

const STDERR_KEPT = 4096;

/** How a client program ended. */
export interface ClientExit {
  readonly ok: boolean;
  /** For people: `exit code 1` or `signal SIGKILL`, then the last lines of its standard error. */
  readonly reason: string;
}

/** A running client program of a database. Its arguments hold no secret: those go by file. */
export class ClientProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly pid: number | undefined;
  readonly exit: Promise<ClientExit>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(program, args, {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.stdin = this.#child.stdin;
    this.stdout = this.#child.stdout;
    this.pid = this.#child.pid;
    let errors = '';
    this.#child.stderr.on('data', (bytes: Buffer) => {
      errors = (errors + bytes.toString()).slice(-STDERR_KEPT);
    });
    // EPIPE when the program died first: its exit tells the reason.
    this.stdin.on('error', () => undefined);
    this.exit = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ ok: false, reason: messageOf(error) }));
      this.#child.once('close', (code, signal) => {
        const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
        resolve({ ok: code === 0, reason: [how, errors.trim()].filter((part) => part !== '').join(': ') });
      });
    });
  }

  /** Ends it; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGTERM');
    const impatient = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await this.exit;
    clearTimeout(impatient);
  }
}

/** Settings of the surrounding shell (PGHOST, PGOPTIONS, MYSQL_PWD…) must not steer a backup. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(PG|MYSQL_|MARIADB_)/.test(name)),
  );
}
