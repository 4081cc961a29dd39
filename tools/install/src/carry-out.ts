import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';
import { writeFileAtomic } from '@lifeboat/runtime';

import type { InstallPlan, PlannedFile } from './install-plan.ts';

export interface Outcome {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
}

const run = promisify(execFile);

/**
 * Writes the files, then runs the commands. A staged installation (`root`) is files alone: the commands are for the
 * machine that will have them. Throws ACTION_FAILED when a command does.
 */
export async function carryOut(plan: InstallPlan, root?: string): Promise<Outcome> {
  const written: string[] = [];
  const unchanged: string[] = [];
  for (const file of plan.files) {
    const place = path.join(root ?? '/', file.path);
    ((await put(place, file)) ? written : unchanged).push(place);
  }
  if (root === undefined) for (const argv of plan.commands) await command(argv);
  return { written, unchanged };
}

async function put(place: string, { contents, mode }: PlannedFile): Promise<boolean> {
  if (await stands(place, contents, mode)) return false;
  await makeFolder(path.dirname(place));
  await writeFileAtomic(place, contents, { mode });
  return true;
}

/** Readable by all whatever the caller's umask; folders that exist keep their modes. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) await chmod(made, 0o755);
}

async function stands(place: string, contents: string, mode: number): Promise<boolean> {
  try {
    const [found, facts] = await Promise.all([readFile(place, 'utf8'), stat(place)]);
    return found === contents && (facts.mode & 0o7777) === mode;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function command(argv: readonly string[]): Promise<void> {
  const [program, ...args] = argv;
  try {
    await run(program!, args);
  } catch (error) {
    throw new LifeboatError('ACTION_FAILED', `${argv.join(' ')} failed: ${messageOf(error)}`, {
      cause: error,
      guidance: 'The files are written. Run the installation again when the cause is gone; it does no harm.',
    });
  }
}
