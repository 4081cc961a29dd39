import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { systemCodeOf } from '@lifeboat/kernel';

export interface Finding {
  readonly pid: number;
  readonly command: string;
  /** `cwd`, `exe`, `open file` or `mapped file`. */
  readonly how: string;
  readonly path: string;
}

export interface Scan {
  readonly processes: number;
  readonly findings: Finding[];
  /** Processes of other accounts that this one may not look into (none when the agent is root). */
  readonly hidden: number;
}

export interface WatchedTree {
  /** Absolute, without links. */
  readonly root: string;
  /** Absolute paths below that belong to something else. */
  readonly excludes: readonly string[];
}

/**
 * Every process that has its working directory, its executable, an open file or a mapped file in one of the trees.
 * Only this process itself is passed over. Reads /proc; sees what this account may see.
 */
export async function scanProcesses(trees: readonly WatchedTree[], proc = '/proc'): Promise<Scan> {
  const findings: Finding[] = [];
  let processes = 0;
  let hidden = 0;
  for (const name of readdirSync(proc)) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    processes += 1;
    try {
      findings.push(...usesOf(`${proc}/${name}`, Number(name), trees));
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === 'EACCES' || code === 'EPERM') hidden += 1;
      else if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
    }
    if (processes % 16 === 0) await setImmediate();
  }
  return { processes, findings, hidden };
}

function* usesOf(folder: string, pid: number, trees: readonly WatchedTree[]): Generator<Finding> {
  const candidates: [how: string, path: string][] = [];
  for (const link of ['cwd', 'exe'] as const) candidates.push([link, linkOf(`${folder}/${link}`)]);
  for (const fd of readdirSync(`${folder}/fd`)) candidates.push(['open file', linkOf(`${folder}/fd/${fd}`)]);
  for (const path of mappedFiles(`${folder}/maps`)) candidates.push(['mapped file', path]);
  const seen = new Set<string>();
  for (const [how, path] of candidates) {
    if (seen.has(path) || !trees.some((tree) => liesIn(path, tree))) continue;
    seen.add(path);
    yield { pid, command: commandOf(folder), how, path };
  }
}

function liesIn(path: string, tree: WatchedTree): boolean {
  const within = (root: string): boolean =>
    path === root || path.startsWith(root === '/' ? root : `${root}/`);
  return within(tree.root) && !tree.excludes.some(within);
}

/** '' for what is gone by now and for kernel threads, which have no executable. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path).replace(/ \(deleted\)$/, '');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

function mappedFiles(maps: string): Set<string> {
  const files = new Set<string>();
  for (const line of readFileSync(maps, 'utf8').split('\n')) {
    const start = line.indexOf(' /');
    if (start >= 0) files.add(line.slice(start + 1).replace(/ \(deleted\)$/, ''));
  }
  return files;
}

function commandOf(folder: string): string {
  try {
    return readFileSync(`${folder}/comm`, 'utf8').trim();
  } catch {
    // It ended between two looks; its number and path still tell what it was.
    return '?';
  }
}
