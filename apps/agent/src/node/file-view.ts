import { existsSync, opendirSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import type { FileView } from '@lifeboat/dxp';

/** Configuration files are small; what is larger is not one, and is not read into memory. */
const LARGEST_FILE = 8 * 1024 * 1024;

/** This machine as `discover` sees it. Unreadable is undefined, as the view's contract says. */
export const fileView: FileView = {
  read: (path) => {
    try {
      return statSync(path).size > LARGEST_FILE ? undefined : readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  list: (path, limit) => {
    try {
      return limit === undefined ? readdirSync(path) : firstNames(path, limit);
    } catch {
      return undefined;
    }
  },
  exists: (path) => existsSync(path),
  realPath: (path) => {
    try {
      return realpathSync(path);
    } catch {
      return undefined;
    }
  },
};

/** Not all: a folder of a document library may have a million. */
function firstNames(path: string, limit: number): string[] {
  using folder = opendirSync(path);
  const names: string[] = [];
  for (let entry = folder.readSync(); entry !== null && names.length < limit; entry = folder.readSync())
    names.push(entry.name);
  return names;
}
