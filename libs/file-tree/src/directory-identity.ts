import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** File systems that several machines see at once, each with a device number of its own. */
const NETWORK = /^(?:nfs4?|cifs|smb3|ceph|lustre|9p|beegfs|fuse\.(?:glusterfs|ceph|sshfs|s3fs|rclone))$/;

/**
 * Names a directory (absolute, without links) so that whoever sees the same one gives the same name, wherever it is
 * mounted; undefined when it is not there. On a network file system the name is server, export and place in it; else
 * this boot of this machine, with device and inode: containers and bind mounts of one machine agree.
 */
export function directoryIdentity(directory: string): string | undefined {
  const found = statSync(directory, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const exported = exportOf(directory, readFileSync('/proc/self/mountinfo', 'utf8'));
  if (exported !== undefined) return exported;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot}:${found.dev}:${found.ino}`;
}

/** Of a directory on a network file system; of several mounts on one point the last is in force (proc(5)). */
export function exportOf(directory: string, mountinfo: string): string | undefined {
  let deepest = { point: '', root: '', type: '', source: '' };
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', point = ''] = before.split(' ').map(unescaped);
    const [type = '', source = ''] = after.split(' ').map(unescaped);
    if (point === '' || !isAtOrBelow(directory, point) || point.length < deepest.point.length) continue;
    deepest = { point, root, type, source };
  }
  if (!NETWORK.test(deepest.type)) return undefined;
  const place = path.posix.join(deepest.source, deepest.root, path.posix.relative(deepest.point, directory));
  return `${deepest.type.replace(/^nfs4$/, 'nfs')}:${place.replace(/\/$/, '')}`;
}

function isAtOrBelow(directory: string, point: string): boolean {
  return directory === point || directory.startsWith(point === '/' ? '/' : `${point}/`);
}

function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
