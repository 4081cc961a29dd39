import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Who servers run as when we are root (both servers refuse to be root): `nobody`. Undefined: as ourselves. */
export const unprivileged: { readonly uid: number; readonly gid: number } | undefined =
  process.getuid?.() === 0 ? { uid: idOfNobody('-u'), gid: idOfNobody('-g') } : undefined;

function idOfNobody(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }).trim());
}

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

export interface ServerCommand {
  readonly command: string;
  readonly args: string[];
  readonly options: { readonly uid?: number; readonly gid?: number };
}

/** Drops root, and asks the kernel to stop the server when this process dies without having stopped it. */
export function asUnprivileged(
  command: string,
  args: readonly string[],
  deathSignal?: 'INT' | 'TERM',
): ServerCommand {
  if (SETPRIV === undefined) return { command, args: [...args], options: unprivileged ?? {} };
  const drop =
    unprivileged === undefined
      ? []
      : [`--reuid=${unprivileged.uid}`, `--regid=${unprivileged.gid}`, '--clear-groups'];
  const death = deathSignal === undefined ? [] : [`--pdeathsig=${deathSignal}`];
  return { command: SETPRIV, args: [...drop, ...death, command, ...args], options: {} };
}
