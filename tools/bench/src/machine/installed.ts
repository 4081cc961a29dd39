import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Where programs are looked for: daemons lie where an ordinary account does not look. */
export function systemPath(): string {
  return `${process.env.PATH}:/usr/sbin:/sbin`;
}

/** `program`: a name, or an absolute path. */
export function isInstalled(program: string): boolean {
  return systemPath()
    .split(':')
    .some((directory) => isExecutable(path.resolve(directory, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
