import { readFile } from 'node:fs/promises';

/** Highest resident set of a running process, bytes; 0 when it is gone. */
export async function peakResident(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it ended meanwhile
  }
}
