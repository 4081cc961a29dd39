import { once } from 'node:events';
import type { ConsoleClient } from '@lifeboat/console-api';
import { ERROR_CODES, toErrorReport, toLifeboatError } from '@lifeboat/kernel';
import type { Command } from 'commander';
import { connect, type ConnectionOptions } from './connect.ts';
import { printable, printableLines } from './output/printable.ts';
import { ProgressLine } from './output/progress-line.ts';

/** What a command found or did: the value scripts read, the text people read, the exit code when it is not 0. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  readonly exit?: number | undefined;
  /** The last of several values, which `print` has written, each on a line of its own. */
  readonly last?: boolean;
}

/** What every command has, also one that needs no server. */
export interface LocalContext {
  /** One line on a terminal, nothing elsewhere. */
  readonly progress: ProgressLine;
  /** Something that people have to know although the command goes on: a line on stderr. */
  readonly warn: (text: string) => void;
  readonly asJson: boolean;
  /** Writes a part of a long answer at once: its value on a line of its own with --json, else its text. */
  readonly print: (json: unknown, text: string) => Promise<void>;
}

export interface CommandContext extends LocalContext {
  readonly client: ConsoleClient;
  readonly url: string;
}

type Work<Context, Options> = (context: Context, options: Options, ...args: string[]) => Promise<Outcome>;

interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** Runs the commands' work and is the only one that writes to stdout and stderr. */
export class Cli {
  exitCode = 0;

  /** An action for commander: connects, does the work, prints the outcome. */
  action<Options = object>(work: Work<CommandContext, Options>) {
    return this.#run<Options, CommandContext>(work, async (local, globals) => ({
      ...(await connect(globals, process.env)),
      ...local,
    }));
  }

  /** The same for work that needs no server. */
  local<Options = object>(work: Work<LocalContext, Options>) {
    return this.#run<Options, LocalContext>(work, async (local) => local);
  }

  #run<Options, Context>(
    work: Work<Context, Options>,
    contextOf: (local: LocalContext, globals: GlobalOptions) => Promise<Context>,
  ) {
    return async (...given: unknown[]): Promise<void> => {
      const command = given.at(-1) as Command;
      const args = given.slice(0, -2) as string[];
      const globals = command.optsWithGlobals<GlobalOptions>();
      const progress = new ProgressLine(process.stderr);
      const warn = (text: string): void => {
        progress.clear();
        process.stderr.write(`lifeboat: warning: ${printable(text)}\n`);
      };
      try {
        const asJson = globals.json ?? false;
        const print = async (value: unknown, text: string): Promise<void> => {
          progress.clear();
          await this.#print(asJson ? JSON.stringify(value) : text);
        };
        const context = await contextOf({ progress, warn, asJson, print }, globals);
        const outcome = await work(context, command.opts() as Options, ...args);
        progress.clear();
        const value = outcome.last ? JSON.stringify(outcome.json) : json(outcome.json);
        await this.#print(asJson ? value : outcome.text);
        this.exitCode = outcome.exit ?? 0;
      } catch (thrown) {
        progress.clear();
        this.exitCode = this.fail(thrown, globals.json ?? false);
      }
    };
  }

  /** Prints what happened and what to do; with --json the same as a value on stdout. Returns the exit code. */
  fail(thrown: unknown, asJson: boolean): number {
    const error = toLifeboatError(thrown);
    const guidance = error.guidance === undefined ? '' : `\n  ${printableLines(error.guidance, 2)}`;
    process.stderr.write(`lifeboat: ${printable(error.message)} (${error.code})${guidance}\n`);
    if (asJson) void this.#print(json({ error: toErrorReport(error) }));
    return ERROR_CODES[error.code].exit;
  }

  /** Waits for who reads, so that what is on its way does not pile up; `main.ts` knows what to do when they went away. */
  async #print(text: string): Promise<void> {
    if (text === '' || process.stdout.write(`${text}\n`)) return;
    await once(process.stdout, 'drain').catch(() => undefined);
  }
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
