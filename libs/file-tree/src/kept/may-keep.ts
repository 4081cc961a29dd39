import { statfsSync } from 'node:fs';
import { forFileSystem, type BytePath } from '../byte-path.ts';

/** f_type of statfs(2), of file systems on local disks that keep inode numbers and change a ctime with every change. */
const LOCAL = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0xf2f52010, 'f2fs'],
  [0x2fc12fc1, 'zfs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlay'],
]);

/** A network's clients answer from caches, and behind FUSE there may be anything: nothing is kept there. */
export function mayKeepOn(path: BytePath): boolean {
  return LOCAL.has(statfsSync(forFileSystem(path)).type);
}
