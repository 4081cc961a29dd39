import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What the kernel says of one process now. */
export interface ProcessFigures {
  readonly parent: number;
  /** User and system seconds of all its threads. */
  readonly cpu: number;
  /** The same of its children that have ended and were waited for. */
  readonly cpuOfEnded: number;
  readonly zombie: boolean;
  /** When it began, in clock ticks since the machine did: with its number, what tells it from all others. */
  readonly born: string;
}

/** Clock ticks a second of /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Undefined when the process is gone. */
export function processFigures(pid: number): ProcessFigures | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything; fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (index: number): number => Number(fields[index]) / TICKS;
  return {
    parent: Number(fields[1]),
    cpu: seconds(11) + seconds(12),
    cpuOfEnded: seconds(13) + seconds(14),
    zombie: fields[0] === 'Z',
    born: fields[19]!,
  };
}

/** Highest resident set since the last reset, bytes; 0 when it is gone. */
export function peakResident(pid: number): number {
  return memoryField(pid, 'VmHWM');
}

/** From now on its highest resident set counts anew. */
export function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Not ours to reset, or gone: the peak is then that of its whole life.
  }
}

/** What several processes hold together: what is shared among them counts once. */
export function residentTogether(pids: readonly number[]): number {
  const each = (name: string): number[] => pids.map((pid) => memoryField(pid, name));
  const own = each('RssAnon').reduce((sum, bytes) => sum + bytes, 0);
  return own + Math.max(0, ...each('RssShmem')) + Math.max(0, ...each('RssFile'));
}

/** Bytes it has read and written by system calls, to sockets as to files; zeros when it is gone. */
export function bytesMoved(pid: number): { readonly read: number; readonly written: number } {
  const io = readIfThere(`/proc/${pid}/io`) ?? '';
  const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1] ?? 0);
  return { read: field('rchar'), written: field('wchar') };
}

/** Every process below this one that still runs. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const figures = /^\d+$/.test(name) ? processFigures(Number(name)) : undefined;
    if (figures === undefined || figures.zombie) continue;
    children.set(figures.parent, [...(children.get(figures.parent) ?? []), Number(name)]);
  }
  const below = (parent: number): number[] =>
    (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

function memoryField(pid: number, name: string): number {
  const status = readIfThere(`/proc/${pid}/status`) ?? '';
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // it ended meanwhile
  }
}
