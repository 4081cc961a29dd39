import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
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
  list: (path) => {
    try {
      return readdirSync(path);
    } catch {
      return undefined;
    }
  },
  exists: (path) => existsSync(path),
};
