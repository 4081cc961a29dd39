import { existsSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { startProcess, type ProcessOptions, type RunningProcess } from '@lifeboat/testkit';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The programs of this repository: their sources, and what `npm run build` makes of them. */
const PROGRAMS = {
  server: { source: 'apps/server/src/main.ts', built: 'dist/server/lifeboat-server.mjs' },
  agent: { source: 'apps/agent/src/main.ts', built: 'dist/agent/lifeboat-agent.mjs' },
  cli: { source: 'apps/cli/src/main.ts', built: 'dist/cli/lifeboat.mjs' },
  simulator: { source: 'tools/portal-simulator/src/main.ts', built: 'tools/portal-simulator/src/main.ts' },
} as const;

/**
 * As the programs' own first lines say it: what dies young must not pile up to 48 MiB in an agent before V8 looks; a
 * server makes more of it and has the room.
 */
const NODE_FLAGS = {
  server: ['--single-threaded-gc', '--max-semi-space-size=16'],
  agent: ['--single-threaded-gc', '--max-old-space-size=512', '--max-semi-space-size=4'],
  cli: [],
  simulator: [],
} as const;

/** With this variable set to `built` the programs run as an operator has them; otherwise from their sources. */
const RUN = 'LIFEBOAT_RUN';

export type Program = keyof typeof PROGRAMS;

export function startProgram(
  program: Program,
  args: readonly string[],
  options: ProcessOptions = {},
): RunningProcess {
  const command = [process.execPath, ...programArguments(program, args)];
  // Nothing may outlive a test or a quickstart that was killed itself.
  const [first, ...rest] = hasSetpriv() ? ['setpriv', '--pdeathsig', 'TERM', ...command] : command;
  const cache = getCompileCacheDir() ?? path.join(os.tmpdir(), 'node-compile-cache');
  return startProcess(first!, rest, { ...options, env: { NODE_COMPILE_CACHE: cache, ...options.env } });
}

function hasSetpriv(): boolean {
  return existsSync('/usr/bin/setpriv');
}

/** What to give to `node` to run the program: also for the actions in a node's agent.yaml. */
export function programArguments(program: Program, args: readonly string[]): string[] {
  const { source, built } = PROGRAMS[program];
  const file = path.join(ROOT, process.env[RUN] === 'built' ? built : source);
  return [...NODE_FLAGS[program], '--disable-warning=ExperimentalWarning', file, ...args];
}

/** What a program's log says at level warn or above, newest last: for when something did not go as it should. */
export function problemsOf(process: RunningProcess, limit = 40): string {
  const lines = process.stderr().split('\n');
  return lines
    .filter((line) => !/"level":"(info|debug)"/.test(line) && line !== '')
    .slice(-limit)
    .join('\n');
}
