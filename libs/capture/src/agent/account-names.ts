import { readFileSync } from 'node:fs';
import { systemCodeOf } from '@lifeboat/kernel';

/** Names of user and group ids, from the host's files: a restore prefers names, ids differ between hosts. */
export interface AccountNames {
  user(uid: number): string | undefined;
  group(gid: number): string | undefined;
}

export function readAccountNames(files = { passwd: '/etc/passwd', group: '/etc/group' }): AccountNames {
  const users = namesById(files.passwd);
  const groups = namesById(files.group);
  return { user: (uid) => users.get(uid), group: (gid) => groups.get(gid) };
}

/** name:password:id:… in both files; the first name of an id counts, as in getpwuid(3). */
function namesById(file: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of readIfThere(file).split('\n')) {
    const [name, , id] = line.split(':');
    if (!name || id === undefined || !/^\d+$/.test(id)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return '';
    throw error;
  }
}
