import { existsSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { PROGRAMS, type App } from '@lifeboat/install';
import { startProcess, type ProcessOptions, type RunningProcess } from '@lifeboat/testkit';

const ROOT = path.resolve(import.meta.dirname, '../../..');

const SIMULATOR = { ...PROGRAMS.cli, file: 'tools/portal-simulator/src/main.ts' };

/** With this variable set to `built` the programs run as an operator has them; otherwise from their sources. */
const RUN = 'LIFEBOAT_RUN';

export type Program = App | 'simulator';

export function startProgram(
  program: Program,
  args: readonly string[],
  options: ProcessOptions = {},
): RunningProcess {
  const command = [process.execPath, ...programArguments(program, args)];
  // Nothing may outlive a test or a quickstart that was killed itself.
  const [first, ...rest] = hasSetpriv() ? ['setpriv', '--pdeathsig', 'TERM', ...command] : command;
  const cache = getCompileCacheDir() ?? path.join(os.tmpdir(), 'node-compile-cache');
  const { environment } = programOf(program);
  return startProcess(first!, rest, {
    ...options,
    env: { NODE_COMPILE_CACHE: cache, ...environment, ...options.env },
  });
}

function hasSetpriv(): boolean {
  return existsSync('/usr/bin/setpriv');
}

/** What to give to `node` to run the program: also for the actions in a node's agent.yaml. */
export function programArguments(program: Program, args: readonly string[]): string[] {
  const { nodeFlags, file } = programOf(program);
  return [...nodeFlags, path.join(ROOT, file), ...args];
}

function programOf(program: Program) {
  return program === 'simulator' ? SIMULATOR : { ...PROGRAMS[program], file: fileOf(program) };
}

function fileOf(app: App): string {
  return process.env[RUN] === 'built' ? `dist/${app}/${PROGRAMS[app].name}.mjs` : `apps/${app}/src/main.ts`;
}

/** What a program's log says at level warn or above, newest last: for when something did not go as it should. */
export function problemsOf(process: RunningProcess, limit = 40): string {
  const lines = process.stderr().split('\n');
  return lines
    .filter((line) => !/"level":"(info|debug)"/.test(line) && line !== '')
    .slice(-limit)
    .join('\n');
}
