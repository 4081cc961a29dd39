import { LifeboatError } from '@lifeboat/kernel';
import { bytePath, displayPath, type BytePath } from './byte-path.ts';
import { OWN_FOLDER } from './walk.ts';

/** Linux's NAME_MAX: a longer component can only be a mistake or an attack. */
const MAX_NAME = 255;

/**
 * A path from outside (manifest, command) as a byte path below a root: relative, no empty, `.` or `..` component,
 * no NUL, not in our own folder. Throws PATH_UNSAFE. The empty path is the root itself.
 */
export function safeRelativePath(path: string | Uint8Array): BytePath {
  const safe = bytePath(path);
  if (safe === '') return safe;
  for (const name of safe.split('/')) {
    const reason = unsafeName(name);
    if (reason !== undefined) throw unsafePath(safe, reason);
  }
  return safe;
}

export function unsafePath(path: BytePath, reason: string): LifeboatError {
  return new LifeboatError(
    'PATH_UNSAFE',
    `the path ${JSON.stringify(displayPath(path))} is refused: ${reason}`,
    {
      guidance:
        'Nothing was written for it. A manifest that says this was not made by an honest agent: check the vault.',
    },
  );
}

/** '' for an entry of the root. */
export function parentPath(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function baseName(path: BytePath): BytePath {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(parent: BytePath, name: BytePath): BytePath {
  return parent === '' ? name : `${parent}/${name}`;
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: BytePath, ancestor: BytePath): boolean {
  return ancestor === '' || path === ancestor || path.startsWith(`${ancestor}/`);
}

function unsafeName(name: BytePath): string | undefined {
  if (name === '') return 'it has an empty component';
  if (name === '.' || name === '..') return 'it climbs';
  if (name.includes('\0')) return 'it holds a NUL';
  if (name.length > MAX_NAME) return 'a component is longer than a file system allows';
  if (name === OWN_FOLDER) return `${OWN_FOLDER} is the agent's own folder`;
  return undefined;
}
