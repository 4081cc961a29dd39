import { lstatSync, readdirSync } from 'node:fs';
import { systemCodeOf } from '@lifeboat/kernel';
import { OWN_FOLDER } from './walk.ts';

/**
 * Directories worth watching, relative to `root` ('' is the root): those asked for first, then level by level from
 * the top, at most `budget`. Stays on the root's file system and follows no link.
 */
export function chooseDirectories(
  root: string,
  options: { active: readonly string[]; excludes: readonly string[]; budget: number },
): string[] {
  const excluded = new Set([OWN_FOLDER, ...options.excludes]);
  const device = lstatSync(root).dev;
  const isOurs = (path: string): boolean => {
    const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
    return stat !== undefined && stat.isDirectory() && stat.dev === device;
  };
  const chosen = new Set<string>(['']);
  for (const path of options.active) {
    if (chosen.size < options.budget && isPlain(path) && !isBelowAny(path, excluded) && isOurs(path))
      chosen.add(path);
  }
  let level = [''];
  while (level.length > 0 && chosen.size < options.budget) {
    const next: string[] = [];
    for (const parent of level) {
      for (const name of childDirectories(join(root, parent))) {
        const path = parent === '' ? name : `${parent}/${name}`;
        if (excluded.has(path) || !isOurs(path)) continue;
        next.push(path);
        if (chosen.size < options.budget) chosen.add(path);
      }
      if (chosen.size >= options.budget) break;
    }
    level = next;
  }
  return [...chosen];
}

function childDirectories(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return [];
  }
}

function isPlain(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function isBelowAny(path: string, folders: ReadonlySet<string>): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (folders.has(path.slice(0, end))) return true;
  }
  return false;
}

function join(root: string, path: string): string {
  return path === '' ? root : `${root}/${path}`;
}
