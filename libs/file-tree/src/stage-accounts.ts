import { readFileSync } from 'node:fs';

/**
 * Names of accounts and groups as numbers of this host. A rebuilt node may have given `liferay` another number, so a
 * name that is known here wins over the number in the manifest.
 */
export class Accounts {
  readonly #users = readTable('/etc/passwd');
  readonly #groups = readTable('/etc/group');

  owner(entry: { uid: number; gid: number; user?: string; group?: string }): { uid: number; gid: number } {
    return {
      uid: (entry.user === undefined ? undefined : this.#users.get(entry.user)) ?? entry.uid,
      gid: (entry.group === undefined ? undefined : this.#groups.get(entry.group)) ?? entry.gid,
    };
  }
}

function readTable(file: string): Map<string, number> {
  const table = new Map<string, number>();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // No such table on this host: numbers are all there is.
    return table;
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name !== undefined && id !== undefined && /^\d+$/.test(id) && !table.has(name))
      table.set(name, Number(id));
  }
  return table;
}
