import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** What a tree holds, counted by the bench itself: what a backup says of the tree is held against it. */
export interface Survey {
  /** Everything a backup keeps: files, directories (the tree itself among them), links. */
  readonly entries: number;
  /** Names of regular files; two names of one file are two. */
  readonly files: number;
  /** Their sizes, by name. */
  readonly bytes: number;
  /** Regular files with several names counted once. */
  readonly distinctFiles: number;
}

export function survey(tree: string): Survey {
  const count = { entries: 1, files: 0, bytes: 0, distinctFiles: 0 };
  const seen = new Set<string>();
  const walk = (directory: Buffer): void => {
    for (const name of readdirSync(directory, { encoding: 'buffer' })) {
      const entry = Buffer.concat([directory, SEPARATOR, name]);
      const stat = lstatSync(entry);
      if (stat.isDirectory()) walk(entry);
      else if (stat.isFile()) {
        count.files += 1;
        count.bytes += stat.size;
        const identity = `${stat.dev}:${stat.ino}`;
        if (stat.nlink === 1 || !seen.has(identity)) count.distinctFiles += 1;
        if (stat.nlink > 1) seen.add(identity);
      } else if (!stat.isSymbolicLink()) continue; // pipes, sockets and devices are not kept
      count.entries += 1;
    }
  };
  walk(Buffer.from(path.resolve(tree)));
  return count;
}

const SEPARATOR = Buffer.from('/');
