import { readFile, readlink } from 'node:fs/promises';

/** What tells a process from a later one with the same number: the clock tick at which it began. Linux only. */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  const stat = await textOrUndefined(readFile(`/proc/${pid}/stat`, 'utf8'));
  // The name, in brackets, may hold anything; state is field 3, starttime field 22 (proc(5)).
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

export async function nameOfProcess(pid: number): Promise<string | undefined> {
  return (await textOrUndefined(readFile(`/proc/${pid}/comm`, 'utf8')))?.trim();
}

export async function workingDirectoryOf(pid: number): Promise<string | undefined> {
  return textOrUndefined(readlink(`/proc/${pid}/cwd`));
}

async function textOrUndefined(reading: Promise<string>): Promise<string | undefined> {
  try {
    return await reading;
  } catch {
    return undefined; // it ended, or is not ours to look at: not the process we seek
  }
}
