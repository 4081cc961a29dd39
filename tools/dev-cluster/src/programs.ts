import { existsSync } from 'node:fs';
import path from 'node:path';
import { startProcess, type ProcessOptions, type RunningProcess } from '@lifeboat/testkit';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The programs of this repository, run from their sources by the pinned Node. */
const MAIN = {
  server: 'apps/server/bin/lifeboat-server.js',
  agent: 'apps/agent/bin/lifeboat-agent.js',
  cli: 'apps/cli/bin/lifeboat.js',
  simulator: 'tools/portal-simulator/src/main.ts',
} as const;

/** As the programs' own first lines say it: what dies young must not pile up to 48 MiB before V8 looks. */
const NODE_FLAGS = ['--max-semi-space-size=4', '--disable-warning=ExperimentalWarning'];

export type Program = keyof typeof MAIN;

export function startProgram(
  program: Program,
  args: readonly string[],
  options: ProcessOptions = {},
): RunningProcess {
  const command = [process.execPath, ...programArguments(program, args)];
  // Nothing may outlive a test or a quickstart that was killed itself.
  const [first, ...rest] = hasSetpriv() ? ['setpriv', '--pdeathsig', 'TERM', ...command] : command;
  return startProcess(first!, rest, options);
}

function hasSetpriv(): boolean {
  return existsSync('/usr/bin/setpriv');
}

/** What to give to `node` to run the program: also for the actions in a node's agent.yaml. */
export function programArguments(program: Program, args: readonly string[]): string[] {
  return [...NODE_FLAGS, path.join(ROOT, MAIN[program]), ...args];
}

/** What a program's log says at level warn or above, newest last: for when something did not go as it should. */
export function problemsOf(process: RunningProcess, limit = 40): string {
  const lines = process.stderr().split('\n');
  return lines
    .filter((line) => !/"level":"(info|debug)"/.test(line) && line !== '')
    .slice(-limit)
    .join('\n');
}
