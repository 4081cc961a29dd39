import { isLifeboatError, LifeboatError } from '@lifeboat/kernel';
import { CommanderError } from 'commander';
import { Cli } from './cli.ts';
import { createProgram } from './program.ts';

/** Runs one command line; resolves with the exit code (design: fixed outside contracts). */
export async function runCli(argv: readonly string[]): Promise<number> {
  const cli = new Cli();
  try {
    await createProgram(cli).parseAsync([...argv], { from: 'user' });
    return cli.exitCode;
  } catch (thrown) {
    if (isCommanderError(thrown)) {
      if (thrown.exitCode === 0) return 0; // --help, --version
      return cli.fail(usageError(thrown), argv.includes('--json'));
    }
    return cli.fail(thrown, argv.includes('--json'));
  }
}

function usageError(error: CommanderError): LifeboatError {
  const isHelp = error.code === 'commander.help';
  const message = isHelp
    ? 'a command is missing'
    : error.message.replace(/^error: /, '').replace(/\n[^]*$/, '');
  return new LifeboatError('USAGE', message, { guidance: 'Run the same command with --help.' });
}

function isCommanderError(thrown: unknown): thrown is CommanderError {
  return !isLifeboatError(thrown) && thrown instanceof CommanderError;
}
