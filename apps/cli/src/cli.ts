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

export interface CommandContext {
  readonly client: ConsoleClient;
  readonly url: string;
  /** One line on a terminal, nothing elsewhere. */
  readonly progress: ProgressLine;
}

type Work<Options> = (context: CommandContext, options: Options, ...args: string[]) => Promise<Outcome>;

interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** Runs the commands' work and is the only one that writes to stdout and stderr. */
export class Cli {
  exitCode = 0;

  /** An action for commander: connects, does the work, prints the outcome. */
  action<Options = object>(work: Work<Options>) {
    return async (...given: unknown[]): Promise<void> => {
      const command = given.at(-1) as Command;
      const args = given.slice(0, -2) as string[];
      const globals = command.optsWithGlobals<GlobalOptions>();
      const progress = new ProgressLine(process.stderr);
      try {
        const context = { ...(await connect(globals, process.env)), progress };
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
