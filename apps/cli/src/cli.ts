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
}

/** What every command has, also one that needs no server. */
export interface LocalContext {
  /** One line on a terminal, nothing elsewhere. */
  readonly progress: ProgressLine;
  /** Something that people have to know although the command goes on: a line on stderr. */
  readonly warn: (text: string) => void;
  readonly asJson: boolean;
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
        const context = await contextOf({ progress, warn, asJson: globals.json ?? false }, globals);
        const outcome = await work(context, command.opts() as Options, ...args);
        progress.clear();
        this.#print(globals.json ? json(outcome.json) : outcome.text);
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
    if (asJson) this.#print(json({ error: toErrorReport(error) }));
    return ERROR_CODES[error.code].exit;
  }

  #print(text: string): void {
    if (text !== '') process.stdout.write(`${text}\n`);
  }
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
