import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, syncDirectory, writeFileAtomic } from '@lifeboat/runtime';

/** While it exists the portal must not start: `lifeboat-agent guard`, as ExecStartPre, exits 1. Survives a reboot. */
export interface StartGuard {
  restore: string;
  since: string;
}

const FILE = 'guard';

export async function raiseGuard(stateDir: string, guard: StartGuard): Promise<void> {
  await writeFileAtomic(join(stateDir, FILE), `${JSON.stringify(guard)}\n`);
}

export async function liftGuard(stateDir: string): Promise<void> {
  await rm(join(stateDir, FILE), { force: true });
  await syncDirectory(stateDir);
}

/** Undefined when the portal may start. A guard that cannot be understood still guards. */
export async function readGuard(stateDir: string): Promise<StartGuard | undefined> {
  const text = await readIfThere(join(stateDir, FILE));
  if (text === undefined) return undefined;
  try {
    const guard = JSON.parse(text) as Partial<StartGuard>;
    return { restore: String(guard.restore), since: String(guard.since) };
  } catch {
    return { restore: 'unknown', since: 'unknown' };
  }
}
